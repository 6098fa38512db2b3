/** `npm run endure:tables`: changes a table of a million rows while readers and writers go on; `-- 5000000` takes another number. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const rows = process.argv[2] ?? '1000000';
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'api', 'server/src/features/data-models/under-load.test.ts'],
  { cwd: root, stdio: 'inherit', env: { ...process.env, PIPER_ENDURE_ROWS: rows } },
);
process.exit(status ?? 1);
