import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateRoutes } from '../../../scripts/gen-routes.ts';

test('the route table is what the contracts say', async () => {
  const written = readFileSync(new URL('./routes.gen.ts', import.meta.url), 'utf8');
  expect(written, 'run `node scripts/gen-routes.ts`').toBe(await generateRoutes());
});
