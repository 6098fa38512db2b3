/** A process of Piper with the runs of crash-trial.ts: `node crash-trial.child.ts <database url> <data directory> <run kind> …`. */
import { randomUUID } from 'node:crypto';
import { buildApp } from '../server/src/app.ts';
import { openDeps } from '../server/src/compose.ts';
import { system } from '../server/src/platform/actor.ts';
import { ctxFor, type TxCtx } from '../server/src/platform/ctx.ts';
import { inTx } from '../server/src/platform/db/tx.ts';
import { crashTrial } from './crash-trial.ts';
import { testEnv } from './env.ts';

const [databaseUrl = '', dataDir = '', ...kinds] = process.argv.slice(2);
const { deps } = await openDeps(testEnv(dataDir), { databaseUrl });
const app = await buildApp(deps, [crashTrial]);
await app.ready();
for (const kind of kinds) {
  const id = randomUUID();
  await inTx(ctxFor(deps, system, 'child'), (tx: TxCtx) => deps.runs.start(tx, { id, kind, input: { slowMs: 60_000 } }));
  process.stdout.write(`${kind} ${id}\n`);
}
