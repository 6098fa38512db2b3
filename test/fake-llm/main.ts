/** The fake provider on its own: `node test/fake-llm/main.ts --port 4010`. Point OPENAI_BASE_URL at `<address>/v1`. */
import { parseArgs } from 'node:util';
import { startFakeLlm } from './fake-llm.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const fake = await startFakeLlm({ port: Number(values.port) });
process.stdout.write(`fake-llm listening on ${fake.url}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void fake.close().then(() => process.exit(0)));
