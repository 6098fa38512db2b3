import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { actorsFeature, addProject, addUser, keyOf, type TestActor } from '../../../../test/actors.ts';
import { type FakeSmtp, startFakeSmtp } from '../../../../test/fake-smtp/fake-smtp.ts';
import { until, useTestServer } from '../../../../test/harness.ts';
import { inTx } from '../db/tx.ts';
import { mail as feature } from './feature.ts';
import type { Mail } from './mail.ts';
import { openMail } from './open-mail.ts';
import type { OutboxRow } from './outbox.repo.ts';

const server = useTestServer({ features: [actorsFeature, feature] });
let smtp: FakeSmtp;
let mail: Mail;

beforeAll(async () => {
  smtp = await startFakeSmtp();
  mail = mailTo(`${smtp.url}?from=${encodeURIComponent('Piper <piper@example.org>')}`);
});
beforeEach(async () => {
  smtp.recover();
  smtp.received.length = 0;
  await sql`truncate piper.outbox`.execute(server.deps.db);
});
afterAll(async () => {
  await mail.close();
  await smtp.close();
});

function mailTo(smtpUrl: string | undefined): Mail {
  const { db, env, log } = server.deps;
  return openMail({ db, log, env: { ...env, smtpUrl } });
}

const letter = { to: 'ada@example.org', subject: 'Come in', text: 'Here is the link: https://piper.test/x', html: '<p>Here</p>' };

async function row(id: string): Promise<OutboxRow> {
  const { rows } = await sql<OutboxRow>`select * from piper.outbox where id = ${id}`.execute(server.deps.db);
  return rows[0] as OutboxRow;
}
const settled = (id: string, status: string): Promise<OutboxRow> =>
  until(async () => ((await row(id)).status === status ? row(id) : undefined));
const makeDue = (id: string) => sql`update piper.outbox set next_attempt_at = now() where id = ${id}`.execute(server.deps.db);

describe('with SMTP', () => {
  test('a mail is sent at once, and its content forgotten', async () => {
    const id = await mail.send(letter);
    expect(await settled(id, 'sent')).toMatchObject({ attempts: 1, text: null, html: null, error: null });
    expect(smtp.received).toHaveLength(1);
    expect(smtp.received[0]).toMatchObject({ from: 'piper@example.org', to: ['ada@example.org'] });
    expect(smtp.received[0]?.data).toContain('Subject: Come in');
    expect(smtp.received[0]?.data).toContain(`Message-ID: <${id}@piper.test>`);
    expect(smtp.received[0]?.data).toContain('https://piper.test/x');
  });

  test('a mail of a transaction goes out after the commit, and never after a rollback', async () => {
    const { deps } = server;
    const before = smtp.attempts();
    const rolledBack = inTx({ db: deps.db }, async (tx) => {
      await mail.sendIn(tx.db, letter);
      throw new Error('undone');
    });
    await expect(rolledBack).rejects.toThrow('undone');
    const id = await inTx({ db: deps.db }, async (tx) => {
      const queued = await mail.sendIn(tx.db, letter);
      expect(smtp.attempts()).toBe(before);
      return queued;
    });
    await settled(id, 'sent');
    expect(smtp.received).toHaveLength(1);
  });

  test.each([
    ['greeting', '421 busy'],
    ['rcpt', '451 greylisted'],
    ['data', 'drop'],
  ] as const)('a failing %s (%s) is tried again later, under the same Message-ID', async (step, reply) => {
    smtp.refuse(step, reply);
    const id = await mail.send(letter);
    const failed = await until(async () => ((await row(id)).error === null ? undefined : row(id)));
    expect(failed).toMatchObject({ status: 'queued', attempts: 1 });
    expect(failed.text).toBe(letter.text);
    expect(failed.next_attempt_at.getTime()).toBeGreaterThan(Date.now() + 20_000);
    // The first may join the pass that is just ending.
    await until(async () => (await mail.deliver()) === 0);
    expect((await row(id)).attempts).toBe(1);
    smtp.recover();
    await makeDue(id);
    expect(await mail.deliver()).toBe(1);
    expect(await row(id)).toMatchObject({ status: 'sent', attempts: 2, error: null });
    expect(smtp.received[0]?.data).toContain(`<${id}@piper.test>`);
  });

  test('what the server refuses for good has failed at once, and is not tried again', async () => {
    smtp.refuse('rcpt', '550 no such user');
    const id = await mail.send(letter);
    expect((await settled(id, 'failed')).error).toContain('550');
    await makeDue(id);
    expect(await mail.deliver()).toBe(0);
  });

  test('it is given up after twelve attempts', async () => {
    smtp.refuse('greeting', 'drop');
    const id = await mail.send(letter);
    await until(async () => (await row(id)).error);
    await sql`update piper.outbox set attempts = 11, next_attempt_at = now() where id = ${id}`.execute(server.deps.db);
    await mail.deliver();
    expect(await row(id)).toMatchObject({ status: 'failed', attempts: 12 });
  });

  test('two processes send a mail once', async () => {
    smtp.refuse('greeting', 'drop');
    const ids = await Promise.all(Array.from({ length: 6 }, () => mail.send(letter)));
    await until(async () => (await Promise.all(ids.map(row))).every((r) => r.error !== null));
    smtp.recover();
    await sql`update piper.outbox set next_attempt_at = now()`.execute(server.deps.db);
    const other = mailTo(smtp.url);
    await Promise.all([mail.deliver(), other.deliver()]);
    await other.close();
    expect(smtp.received).toHaveLength(6);
  });

  test.each(['', 'x', 'a@b,c@d', 'a@b\r\nBcc: c@d', 'a b@c', '<a@b>', 'a@b@c', `${'x'.repeat(400)}@b`])(
    'refuses the address %j',
    async (to) => {
      await expect(mail.send({ ...letter, to })).rejects.toMatchObject({ code: 'validation_failed' });
    },
  );

  test('a subject cannot add headers', async () => {
    const id = await mail.send({ ...letter, subject: 'Hi\r\nBcc: eve@example.org\r\n\r\nbody' });
    await settled(id, 'sent');
    expect(smtp.received[0]?.data).toContain('Subject: Hi Bcc: eve@example.org body');
    expect(smtp.received[0]?.to).toEqual(['ada@example.org']);
  });
});

describe('GET /api/outbox', () => {
  const read = (actor: TestActor, query = '') => server.app.inject({ url: `/api/outbox${query}`, headers: actor.headers });

  test('without SMTP mails are held there, for owners and administrators only', async () => {
    const { db } = server.deps;
    const [owner, admin, member] = [await addUser(db, 'OWNER'), await addUser(db, 'ADMIN'), await addUser(db)];
    const ids = [];
    for (const subject of ['1', '2', '3']) ids.push(await server.deps.mail.send({ ...letter, subject }));
    for (const actor of [owner, admin]) {
      const page = (await read(actor, '?limit=2')).json();
      expect(page.meta).toEqual({ isConfigured: false, before: ids[1] });
      expect(page.data[0]).toMatchObject({
        id: ids[2],
        to: letter.to,
        subject: '3',
        text: letter.text,
        status: 'held',
        attempts: 0,
        nextAttemptAt: null,
      });
      const next = (await read(actor, `?limit=2&before=${page.meta.before}`)).json();
      expect(next.data.map((m: { id: string }) => m.id)).toEqual([ids[0]]);
    }
    expect((await read(member)).statusCode).toBe(403);
    const project = await addProject(db, { [owner.userId]: 'owner' });
    expect((await read(keyOf(owner, { projectId: project.id }))).statusCode).toBe(403);
    expect((await read({ userId: '', headers: {} })).statusCode).toBe(401);
  });

  test('old mails are removed, waiting ones are not', async () => {
    const held = await server.deps.mail.send(letter);
    smtp.refuse('greeting', 'drop');
    const waiting = await mail.send(letter);
    await until(async () => (await row(waiting)).error);
    await sql`update piper.outbox set updated_at = now() - interval '31 days'`.execute(server.deps.db);
    const cleanUp = feature.sweepers?.find((s) => s.name === 'mail-clean-up');
    await cleanUp?.sweep({
      actor: { kind: 'system' },
      db: server.deps.db,
      log: server.deps.log,
      deps: server.deps,
      requestId: 'test',
    });
    expect(await row(held)).toBeUndefined();
    expect(await row(waiting)).toMatchObject({ status: 'queued' });
  });
});
