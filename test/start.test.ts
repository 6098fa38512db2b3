/** Starting and stopping, with real processes over the embedded PostgreSQL. */
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createTestDatabase } from './harness.ts';
import { runMain, startPiper, type PiperProcess } from './piper-process.ts';
import { until } from './until.ts';

// Whole processes start here, which takes long where others work too.
vi.setConfig({ testTimeout: 60_000 });

const asRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'piper-start-'));
const pidFileOf = (dataDir: string): string => {
  const { cluster } = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { cluster: string };
  return join(cluster.startsWith('/') ? cluster : join(dataDir, cluster), 'postmaster.pid');
};
const postmasterOf = (dataDir: string): number => Number(readFileSync(pidFileOf(dataDir), 'utf8').split('\n')[0]);
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

async function register(piper: PiperProcess, email: string): Promise<number> {
  const reply = await fetch(`${piper.url}/api/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: 'a long enough password', name: 'Person' }),
  });
  return reply.status;
}

beforeAll(() => chmodSync(folder, 0o755));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('with the embedded PostgreSQL', () => {
  const dataDir = join(folder, 'data');
  let piper: PiperProcess;
  let postmaster: number;

  test('the first start makes the database and says the address and the next step', async () => {
    piper = await startPiper({ DATA_DIR: dataDir });
    postmaster = postmasterOf(dataDir);
    expect(piper.output()).toContain(`Piper is ready at ${piper.url}\nNext: open it in a browser.`);
    expect(await register(piper, 'first@example.org')).toBe(201);
    expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'postgres.json')).mode & 0o777).toBe(0o600);
  });

  test('after kill -9 the PostgreSQL left behind is taken over, with all its data', async () => {
    await piper.kill();
    expect(isAlive(postmaster)).toBe(true);
    piper = await startPiper({ DATA_DIR: dataDir });
    expect(postmasterOf(dataDir)).toBe(postmaster);
    expect(await register(piper, 'first@example.org')).toBe(409);
  });

  test('a second Piper on the same data shares the PostgreSQL, and stopping one leaves it to the other', async () => {
    const second = await startPiper({ DATA_DIR: dataDir });
    expect(await second.terminate()).toBe(0);
    expect(postmasterOf(dataDir)).toBe(postmaster);
    expect((await fetch(`${piper.url}/health`)).status).toBe(200);
  });

  test('a PostgreSQL that is killed under the running server is brought back, without a restart of the server', async () => {
    process.kill(postmaster, 'SIGKILL');
    await until(() => !isAlive(postmaster));
    await until(
      async () =>
        (await fetch(`${piper.url}/health`)).ok && existsSync(pidFileOf(dataDir)) && postmasterOf(dataDir) !== postmaster,
      {
        timeoutMs: 30_000,
      },
    );
    expect(await register(piper, 'first@example.org')).toBe(409);
    postmaster = postmasterOf(dataDir);
  });

  test('SIGTERM stops the server and its PostgreSQL, and a start follows that finds everything', async () => {
    expect(await piper.terminate()).toBe(0);
    expect(isAlive(postmaster)).toBe(false);
    expect(existsSync(pidFileOf(dataDir))).toBe(false);
    piper = await startPiper({ DATA_DIR: dataDir });
    expect(await register(piper, 'first@example.org')).toBe(409);
  });

  test('a postmaster.pid that names another living program is put aside', async () => {
    await piper.kill();
    postmaster = postmasterOf(dataDir);
    const text = readFileSync(pidFileOf(dataDir), 'utf8');
    process.kill(postmaster, 'SIGKILL');
    await until(() => !isAlive(postmaster));
    writeFileSync(pidFileOf(dataDir), text.replace(String(postmaster), String(process.pid)));
    piper = await startPiper({ DATA_DIR: dataDir });
    expect(await register(piper, 'first@example.org')).toBe(409);
    expect(await piper.terminate()).toBe(0);
  });

  test('two starters at once end with one PostgreSQL', async () => {
    const together = join(folder, 'together');
    const [a, b] = await Promise.all([startPiper({ DATA_DIR: together }), startPiper({ DATA_DIR: together })]);
    expect(await register(a, 'one@example.org')).toBe(201);
    expect(await register(b, 'one@example.org')).toBe(409);
    postmaster = postmasterOf(together);
    await Promise.all([a.terminate(), b.terminate()]);
    expect(isAlive(postmaster)).toBe(false);
  });

  test('a database that was moved away is never replaced by an empty one', async () => {
    const moved = join(folder, 'moved');
    cpSync(dataDir, moved, { recursive: true, filter: (source) => !source.includes(`${dataDir}/postgres/`) });
    rmSync(join(moved, 'postgres'), { recursive: true });
    const { code, output } = await runMain({ DATA_DIR: moved, PORT: '0' });
    expect(code).toBe(1);
    expect(output).toContain('that folder is gone. Bring it back');
  });
});

describe.runIf(asRoot)('as root', () => {
  test('in a folder that only root may enter, the database lies elsewhere and start says so', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const dataDir = join(closed, 'data');
    const piper = await startPiper({ DATA_DIR: dataDir });
    const place = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as { cluster: string; note: string };
    onTestFinished(() => rmSync(join(place.cluster, '..'), { recursive: true, force: true }));
    expect(place.cluster).toMatch(/^\/var\/lib\/piper\/[0-9a-f]{16}\/postgres$/);
    expect(piper.output()).toContain(`The database lies in ${place.cluster}`);
    expect(await register(piper, 'first@example.org')).toBe(201);
    expect(await piper.terminate()).toBe(0);
  });

  test('it starts as a normal user, who owns all of its data', async () => {
    const dataDir = join(folder, 'of-a-user');
    mkdirSync(dataDir);
    chownSync(dataDir, 65_534, 65_534);
    chmodSync(dataDir, 0o700);
    const piper = await startPiper({ DATA_DIR: dataDir, HOME: dataDir }, { uid: 65_534, gid: 65_534 });
    expect(statSync(join(dataDir, 'postgres')).uid).toBe(65_534);
    expect(await register(piper, 'first@example.org')).toBe(201);
    expect(await piper.terminate()).toBe(0);
  });
});

describe('what is wrong is said in words', () => {
  test('a taken port, before anything is touched', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const dataDir = join(folder, 'port');
    const { code, output } = await runMain({ DATA_DIR: dataDir, PORT: String(port) });
    expect(code).toBe(1);
    expect(output).toContain(
      `Port ${port} of 127.0.0.1 is taken by another program. Stop it, or choose another port: PORT=${port + 1} npm start`,
    );
    expect(existsSync(join(dataDir, 'postgres.json'))).toBe(false);
  });

  test('every problem of the configuration at once', async () => {
    const { code, output } = await runMain({
      DATA_DIR: join(folder, 'bad'),
      PORT: 'many',
      JWT_TTL: 'soon',
      REDIS_URL: 'http://x',
    });
    expect(code).toBe(1);
    expect(output).toContain('The configuration has 3 problems');
    for (const name of ['PORT', 'JWT_TTL', 'REDIS_URL']) expect(output).toMatch(new RegExp(`- ${name} must`));
    expect(output).not.toContain('    at ');
  });

  test('a database that does not answer', async () => {
    const { code, output } = await runMain({
      DATA_DIR: join(folder, 'nowhere'),
      DATABASE_URL: 'postgres://x:secret@127.0.0.1:1/x',
      PORT: '0',
    });
    expect(code).toBe(1);
    expect(output).toContain("The database of DATABASE_URL can't be used: connect ECONNREFUSED");
    expect(output).not.toContain('secret');
  });
});

describe('with DATABASE_URL', () => {
  test('that PostgreSQL is used and none is started', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const dataDir = join(folder, 'external');
    const piper = await startPiper({ DATA_DIR: dataDir, DATABASE_URL: database.url });
    expect(await register(piper, 'first@example.org')).toBe(201);
    expect(existsSync(join(dataDir, 'postgres.json'))).toBe(false);
    expect(await piper.terminate()).toBe(0);
  });

  test('a request in flight is answered before SIGTERM ends the process', async () => {
    const piper = await startOnOwnDatabase('draining');
    const slow = register(piper, 'slow@example.org'); // hashing the password takes a while
    await until(async () => (await fetch(`${piper.url}/health`)).ok);
    const started = Date.now();
    const stopped = piper.terminate();
    expect(await slow).toBe(201);
    expect(await stopped).toBe(0);
    expect(Date.now() - started).toBeLessThan(3_000);
  });

  test('what never ends is cut off within 10 seconds of SIGTERM', async () => {
    const piper = await startOnOwnDatabase('cut-off');
    await openHalfRequest(piper.port);
    const started = Date.now();
    expect(await piper.terminate()).toBe(0);
    const took = Date.now() - started;
    expect(took).toBeGreaterThan(5_000);
    expect(took).toBeLessThan(10_000);
  });

  test('a second signal ends the process at once', async () => {
    const piper = await startOnOwnDatabase('impatient');
    await openHalfRequest(piper.port);
    const started = Date.now();
    const stopped = piper.terminate();
    await sleep(500);
    expect(await Promise.all([piper.terminate(), stopped])).toEqual([1, 1]);
    expect(Date.now() - started).toBeLessThan(2_000);
  });
});

async function startOnOwnDatabase(name: string): Promise<PiperProcess> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  return startPiper({ DATA_DIR: join(folder, name), DATABASE_URL: database.url });
}

/** A client that announces a body and never sends it. */
async function openHalfRequest(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined); // it is cut off
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  socket.write('POST /api/auth/login HTTP/1.1\r\nHost: piper\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
  await sleep(100);
}
