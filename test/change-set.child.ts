/** A process of Piper that applies a change set: `node change-set.child.ts <database url> <data directory> <project> <actions as JSON>`. */
import { buildApp } from '../server/src/app.ts';
import { openDeps } from '../server/src/compose.ts';
import { features } from '../server/src/features.ts';
import { applyChangeSet, type ModelAction } from '../server/src/features/data-models/index.ts';
import { system } from '../server/src/platform/actor.ts';
import { ctxFor } from '../server/src/platform/ctx.ts';
import { testEnv } from './env.ts';

const [databaseUrl = '', dataDir = '', projectId = '', actions = '[]'] = process.argv.slice(2);
const { deps } = await openDeps(testEnv(dataDir, { services: new Set(['api']) }), { databaseUrl });
const app = await buildApp(deps, features);
await app.ready();
await applyChangeSet(ctxFor(deps, system, 'child'), projectId, JSON.parse(actions) as ModelAction[], { wait: 0 });
process.stdout.write('started\n');
