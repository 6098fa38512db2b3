import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { sql } from 'kysely';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { limits } from '@piper/shared/limits';
import { actorsFeature, addProject, addUser, eventsOf, keyOf, type TestActor } from '../../../../test/actors.ts';
import { until, useTestServer } from '../../../../test/harness.ts';
import { system } from '../../platform/actor.ts';
import { ctxFor } from '../../platform/ctx.ts';
import { inTx } from '../../platform/db/tx.ts';
import { openDiskStorage } from '../../platform/storage/disk.ts';
import { attachFiles, files, readFileContent, readFileText } from './index.ts';

const server = useTestServer({ features: [actorsFeature, files], listen: true });
let owner: TestActor;
let member: TestActor;
let viewer: TestActor;
let stranger: TestActor;
let project: { id: string; slug: string };

beforeAll(async () => {
  const { db } = server.deps;
  [owner, member, viewer, stranger] = (await Promise.all([1, 2, 3, 4].map(() => addUser(db)))) as [
    TestActor,
    TestActor,
    TestActor,
    TestActor,
  ];
  project = await newProject();
});
beforeEach(() => vi.restoreAllMocks());

const newProject = () =>
  addProject(server.deps.db, { [owner.userId]: 'owner', [member.userId]: 'member', [viewer.userId]: 'viewer' });
const blobFolder = () => join(server.deps.env.dataDir, 'files');

async function blobs(): Promise<string[]> {
  const entries = await fs.readdir(blobFolder(), { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile())
    .map((e) => e.name)
    .toSorted();
}
async function rows(): Promise<number> {
  const { rows: found } = await sql<{ count: number }>`select count(*) from piper.files`.execute(server.deps.db);
  return found[0]?.count ?? -1;
}
async function waitingBlobs(): Promise<string[]> {
  const { rows: found } = await sql<{ storage_key: string }>`select storage_key from piper.blob_deletions`.execute(
    server.deps.db,
  );
  return found.map((row) => row.storage_key);
}
/** Runs `work` and expects that nothing of it stayed: no blob, no row, nothing waiting. */
async function leavingNothing(work: () => Promise<void>): Promise<void> {
  const state = async () => ({ blobs: await blobs(), rows: await rows(), waiting: await waitingBlobs() });
  const before = await state();
  await work();
  await expect.poll(state, { timeout: 5_000 }).toEqual(before);
}

interface Part {
  field: string;
  value: Buffer | string;
  filename?: string;
  type?: string;
}
const boundary = 'test-boundary-7d81';

function multipart(parts: Part[], { end = true } = {}): Buffer {
  const encoded = parts.flatMap(({ field, value, filename, type }) => {
    const name = filename === undefined ? '' : `; filename="${filename}"`;
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${field}"${name}\r\n${type ? `content-type: ${type}\r\n` : ''}\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')];
  });
  return Buffer.concat([...encoded, Buffer.from(end ? `--${boundary}--\r\n` : '')]);
}

async function post(actor: TestActor, payload: Buffer) {
  const headers = { ...actor.headers, 'content-type': `multipart/form-data; boundary=${boundary}` };
  const reply = await server.app.inject({ method: 'POST', url: '/api/files', headers, payload });
  return { status: reply.statusCode, body: reply.json() };
}

const asPart = (value: Buffer | string, filename = 'a.bin', type = 'application/octet-stream'): Part => ({
  field: 'file',
  value,
  filename,
  type,
});
const inProject = (id: string): Part => ({ field: 'projectId', value: id });

async function upload(actor: TestActor, value: Buffer | string, filename = 'a.txt', projectId?: string) {
  const reply = await post(
    actor,
    multipart([...(projectId === undefined ? [] : [inProject(projectId)]), asPart(value, filename)]),
  );
  expect(reply).toMatchObject({ status: 201 });
  return reply.body.data as { id: string; name: string; mediaType: string; size: number; projectId: string | null };
}

const get = (actor: TestActor, path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  server.app.inject({ method, url: `/api/files/${path}`, headers: { ...actor.headers, ...headers } });
const remove = (actor: TestActor, id: string) =>
  server.app.inject({ method: 'DELETE', url: `/api/files/${id}`, headers: actor.headers });

describe('uploading', () => {
  test('keeps the bytes, and says what they are', async () => {
    const bytes = randomBytes(3_000_000);
    const file = await upload(member, bytes, 'Bericht für Ärzte 🩺.bin', project.slug);
    expect(file).toMatchObject({
      name: 'Bericht für Ärzte 🩺.bin',
      size: bytes.length,
      mediaType: 'application/octet-stream',
      projectId: project.id,
    });
    const content = await get(viewer, `${file.id}/content`);
    expect(content.rawPayload.equals(bytes)).toBe(true);
    expect((await get(viewer, file.id)).json().data).toEqual(file);
    expect(await eventsOf(server.deps.db, file.id)).toMatchObject([
      { type: 'file.created', topic: `project:${project.id}:model:files`, actor: `user:${member.userId}` },
    ]);
    expect(await waitingBlobs()).toEqual([]);
  });

  test('takes the project before or after the file, or none', async () => {
    const after = await post(member, multipart([asPart('x'), inProject(project.id)]));
    expect(after).toMatchObject({ status: 201, body: { data: { projectId: project.id } } });
    const empty = await post(member, multipart([inProject(''), asPart('x')]));
    expect(empty).toMatchObject({ status: 201, body: { data: { projectId: null, createdBy: member.userId } } });
    const keys = await post(keyOf(member, { projectId: project.id }), multipart([asPart('x')]));
    expect(keys).toMatchObject({ status: 201, body: { data: { projectId: project.id } } });
  });

  test.each([0, limits.fileBytes])('takes %i bytes', async (length) => {
    expect((await upload(member, Buffer.alloc(length, 'a'))).size).toBe(length);
  });

  test('one byte more than the limit is 413, and nothing of it is stored', async () => {
    await leavingNothing(async () => {
      const reply = await post(member, multipart([asPart(Buffer.alloc(limits.fileBytes + 1, 'a'))]));
      expect(reply).toMatchObject({
        status: 413,
        body: { error: { code: 'file_too_large', details: { maxBytes: limits.fileBytes } } },
      });
    });
  });

  test('a size that is announced as too large is refused before its bytes come', async () => {
    const headers = {
      ...member.headers,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(10 ** 12),
    };
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${server.url}/api/files`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on('error', reject).write(multipart([asPart('x')], { end: false }));
    });
    expect(status).toBe(413);
  });

  test('a sender that goes away leaves nothing behind', async () => {
    const count = await rows();
    await leavingNothing(async () => {
      const headers = {
        ...member.headers,
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': '9000000',
      };
      const request = httpRequest(`${server.url}/api/files`, { method: 'POST', headers }).on('error', () => undefined);
      request.write(multipart([asPart(randomBytes(2_000_000))], { end: false }));
      await until(async () => (await blobs()).length > 0 && (await waitingBlobs()).length > 0);
      request.destroy();
      expect(await rows()).toBe(count);
    });
  });

  test('a body that ends too early is 400, and leaves nothing behind', async () => {
    await leavingNothing(async () => {
      const whole = multipart([asPart(randomBytes(200_000))]);
      const reply = await post(member, whole.subarray(0, 100_000));
      expect(reply).toMatchObject({ status: 400, body: { error: { code: 'upload_incomplete' } } });
    });
  });

  test('a full disk is 507, leaves nothing behind, and the next upload works', async () => {
    const real = server.deps.storage;
    server.deps.storage = await openDiskStorage(blobFolder(), { openFile: () => fs.open('/dev/full', 'w') });
    try {
      await leavingNothing(async () => {
        expect(await post(member, multipart([asPart(randomBytes(500_000))]))).toMatchObject({
          status: 507,
          body: { error: { code: 'storage_full' } },
        });
      });
    } finally {
      server.deps.storage = real;
    }
    await upload(member, 'fine again');
  });

  test('a database that fails after the bytes came leaves nothing behind', async () => {
    await sql`alter table piper.files add constraint test_refuses check (name <> 'refused.txt')`.execute(server.deps.db);
    await leavingNothing(async () => {
      expect((await post(member, multipart([asPart('x', 'refused.txt')]))).status).toBe(500);
    });
  });

  test.each([
    ['no file', () => multipart([inProject('')]), 400, 'file_missing'],
    ['two files', () => multipart([asPart('a'), asPart('b')]), 400, 'validation_failed'],
    ['another field', () => multipart([{ field: 'avatar', value: 'x', filename: 'a' }]), 400, 'validation_failed'],
    ['an unknown text field', () => multipart([{ field: 'owner', value: 'x' }, asPart('a')]), 400, 'validation_failed'],
    ['a dangerous field', () => multipart([{ field: '__proto__', value: 'x' }, asPart('a')]), 400, 'validation_failed'],
    ['a NUL in the project', () => multipart([inProject('a\0b'), asPart('a')]), 400, 'validation_failed'],
    ['SQL as the project', () => multipart([inProject("' or 1=1 --"), asPart('a')]), 404, 'not_found'],
    ['an endless project', () => multipart([inProject('x'.repeat(5_000)), asPart('a')]), 400, 'validation_failed'],
    ['nothing', () => Buffer.from(''), 400, 'file_missing'],
    ['noise', () => randomBytes(5_000), 400, 'upload_incomplete'],
  ])('%s is refused and leaves nothing behind', async (_name, payload, status, code) => {
    await leavingNothing(async () => {
      expect(await post(member, payload())).toMatchObject({ status, body: { error: { code } } });
    });
  });

  test('another content type is 415', async () => {
    const reply = await server.app.inject({ method: 'POST', url: '/api/files', headers: member.headers, payload: { file: 'x' } });
    expect([reply.statusCode, reply.json().error.code]).toEqual([415, 'unsupported_media_type']);
  });

  test.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\\\Users\\\\me\\\\cv.pdf', 'cv.pdf'],
    ['..', 'file'],
    ['a\u202egpj.exe', 'agpj.exe'],
    [`<img src=x onerror=alert(1)>`, '<img src=x onerror=alert(1)>'],
    [`'; drop table piper.files; --`, `'; drop table piper.files; --`],
    [`${'x'.repeat(300)}.pdf`, `${'x'.repeat(limits.title - 4)}.pdf`],
  ])('the name %j becomes %j', async (given, name) => {
    expect((await upload(member, 'x', given)).name).toBe(name);
  });
});

describe('what a file is', () => {
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), randomBytes(100)]);
  const zip = Buffer.concat([Buffer.from('504b0304', 'hex'), randomBytes(100)]);

  test.each<[string, Buffer | string, string]>([
    ['holiday.txt', png, 'image/png'],
    ['photo.png', '<!DOCTYPE html><script>alert(1)</script>', 'text/html'],
    ['photo.png', '  \n<!-- x --><SCRIPT src=//x></SCRIPT>', 'text/html'],
    ['photo.jpg', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'image/svg+xml'],
    ['photo.gif', '\ufeff<svg onload=alert(1)>', 'image/svg+xml'],
    ['notes.html', 'plain words', 'text/html'],
    ['data.csv', 'a;b\n1;2', 'text/csv'],
    ['data.json', '{"a":1}', 'application/json'],
    ['read.md', '# Hi ü', 'text/markdown'],
    ['main.rs', 'fn main() {}', 'text/plain'],
    ['app.js', 'alert(1)', 'text/javascript'],
    ['fake.pdf', 'not a pdf', 'text/plain'],
    ['real.txt', '%PDF-1.7 …', 'application/pdf'],
    ['letter.docx', zip, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['photo.png', zip, 'application/zip'],
    ['latin1.txt', Buffer.from('f\u00fcr', 'latin1'), 'application/octet-stream'],
    ['nul.txt', 'a\0b', 'application/octet-stream'],
    ['late-nul.txt', `${'a'.repeat(10_000)}\0`, 'application/octet-stream'],
    ['late-latin1.txt', Buffer.concat([Buffer.alloc(10_000, 'a'), Buffer.from([0xff])]), 'application/octet-stream'],
    ['cut.txt', `${'a'.repeat(4095)}ü and more`, 'text/plain'],
    ['MZ.txt', 'MZ is a text that begins like a program', 'text/plain'],
  ])('%s is told by its content (%#)', async (name, content, mediaType) => {
    expect((await upload(member, content, name)).mediaType).toBe(mediaType);
  });

  test.each([
    ['cute.png', Buffer.concat([Buffer.from('7f454c46020101', 'hex'), Buffer.alloc(60)])],
    ['cv.pdf', Buffer.concat([Buffer.from('4d5a90000300000004000000ffff', 'hex'), Buffer.alloc(60)])],
    ['a.txt', Buffer.concat([Buffer.from('cffaedfe', 'hex'), Buffer.alloc(60)])],
    ['A.class', Buffer.concat([Buffer.from('cafebabe', 'hex'), Buffer.alloc(60)])],
    ['link.txt', Buffer.concat([Buffer.from('4c0000000114020000000000c000000000000046', 'hex'), Buffer.alloc(60)])],
  ])('a program is refused, called %s or not', async (name, content) => {
    await leavingNothing(async () => {
      const reply = await post(member, multipart([asPart(content, name, 'image/png')]));
      expect(reply).toMatchObject({ status: 415, body: { error: { code: 'file_type_refused' } } });
    });
  });

  test('the text of a text is taken, within bounds; other files have none', async () => {
    const ctx = { ...ctxFor(server.deps, system, 'test') };
    const long = await upload(member, `${'ü'.repeat(limits.fileText - 1)}𝔘!`, 'long.md');
    const text = await readFileText(ctx, long.id);
    expect(text).toHaveLength(limits.fileText);
    expect(text?.isWellFormed()).toBe(true);
    expect(await readFileText(ctx, (await upload(member, png, 'a.txt')).id)).toBeNull();
    expect(await readFileText(ctx, (await upload(member, '', 'a.txt')).id)).toBe('');
  });
});

describe('content', () => {
  test('what could run is only ever downloaded, and under headers that let nothing run', async () => {
    for (const [name, content] of [
      ['x.html', '<html><script>alert(1)</script>'],
      ['x.svg', '<svg onload=alert(1)>'],
      ['x.js', 'alert(1)'],
      ['x.xml', '<?xml version="1.0"?><a/>'],
    ] as const) {
      const { id } = await upload(member, content, name);
      const reply = await get(member, `${id}/content`);
      expect(reply.headers['content-disposition']).toMatch(/^attachment; /);
      expect(reply.headers['content-security-policy']).toContain('sandbox');
      expect(reply.headers['content-security-policy']).toContain("default-src 'none'");
      expect(reply.headers['x-content-type-options']).toBe('nosniff');
    }
    const text = await get(member, `${(await upload(member, 'hi', 'x.txt')).id}/content`);
    expect(text.headers).toMatchObject({
      'content-disposition': expect.stringMatching(/^inline; /),
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(text.headers['content-security-policy']).toContain('sandbox');
  });

  test('the name cannot leave its header', async () => {
    const { id } = await upload(member, 'x', `a%22b'c; filename=evil é\u4e2d.txt`);
    for (const query of ['?download', '?download=1', '?download=true']) {
      expect((await get(member, `${id}/content${query}`)).headers['content-disposition']).toMatch(/^attachment; /);
    }
    expect((await get(member, `${id}/content?download=0`)).headers['content-disposition']).toMatch(/^inline; /);
    expect((await get(member, `${id}/content?download=perhaps`)).statusCode).toBe(400);
    const reply = await get(member, `${id}/content?download=true`);
    expect(reply.headers['content-disposition']).toBe(
      `attachment; filename="a_22b'c; filename=evil __.txt"; filename*=UTF-8''a%2522b%27c%3B%20filename%3Devil%20%C3%A9%E4%B8%AD.txt`,
    );
  });

  test('ranges, HEAD and revalidation', async () => {
    const { id } = await upload(member, '0123456789', 'x.txt');
    const whole = await get(member, `${id}/content`, { 'accept-encoding': 'gzip' });
    const etag = `"${createHash('sha256').update('0123456789').digest('hex')}"`;
    expect(whole.headers).toMatchObject({
      etag,
      'accept-ranges': 'bytes',
      'content-length': '10',
      'cache-control': 'private, no-cache',
    });
    expect(whole.headers['content-encoding']).toBeUndefined();
    const range = async (value: string, headers = {}) => {
      const reply = await get(member, `${id}/content`, { range: value, ...headers });
      return [reply.statusCode, reply.statusCode === 416 ? '' : reply.body, reply.headers['content-range']];
    };
    expect(await range('bytes=2-4')).toEqual([206, '234', 'bytes 2-4/10']);
    expect(await range('bytes=7-')).toEqual([206, '789', 'bytes 7-9/10']);
    expect(await range('bytes=-3')).toEqual([206, '789', 'bytes 7-9/10']);
    expect(await range('bytes=5-999')).toEqual([206, '56789', 'bytes 5-9/10']);
    expect(await range('bytes=10-')).toEqual([416, '', 'bytes */10']);
    expect(await range('bytes=-0')).toEqual([416, '', 'bytes */10']);
    expect(await range('bytes=5-4')).toEqual([416, '', 'bytes */10']);
    expect(await range('bytes=0-1,4-5')).toEqual([200, '0123456789', undefined]);
    expect(await range('lines=1-2')).toEqual([200, '0123456789', undefined]);
    expect(await range('bytes=2-4', { 'if-range': '"other"' })).toEqual([200, '0123456789', undefined]);
    expect(await range('bytes=2-4', { 'if-range': etag })).toEqual([206, '234', 'bytes 2-4/10']);
    const known = await get(member, `${id}/content`, { 'if-none-match': `"x", W/${etag}` });
    expect([known.statusCode, known.body]).toEqual([304, '']);
    const head = await get(member, `${id}/content`, {}, 'HEAD');
    expect([head.statusCode, head.body, head.headers['content-length'], head.headers.etag]).toEqual([200, '', '10', etag]);
    const empty = await upload(member, '', 'empty.txt');
    expect((await get(member, `${empty.id}/content`)).statusCode).toBe(200);
    expect((await get(member, `${empty.id}/content`, { range: 'bytes=0-' })).statusCode).toBe(416);
  });

  test('a blob that is lost is 404, not a broken answer', async () => {
    const { id } = await upload(member, 'x');
    await sql`update piper.files set storage_key = 'files/lost' where id = ${id}`.execute(server.deps.db);
    expect((await get(member, `${id}/content`)).statusCode).toBe(404);
  });
});

describe('rights', () => {
  test('a file of a project is its members’, one of none only its owner’s', async () => {
    const shared = await upload(member, 'x', 'a.txt', project.id);
    const own = await upload(member, 'x', 'a.txt');
    for (const path of [shared.id, `${shared.id}/content`]) {
      expect(await Promise.all([owner, viewer, stranger].map(async (a) => (await get(a, path)).statusCode))).toEqual([
        200, 200, 404,
      ]);
    }
    for (const path of [own.id, `${own.id}/content`]) {
      expect(await Promise.all([member, owner, stranger].map(async (a) => (await get(a, path)).statusCode))).toEqual([
        200, 404, 404,
      ]);
    }
    expect(await Promise.all([stranger, viewer].map(async (a) => (await remove(a, shared.id)).statusCode))).toEqual([404, 403]);
    expect((await remove(owner, own.id)).statusCode).toBe(404);
    expect((await get({ userId: '', headers: {} }, `${own.id}/content`)).statusCode).toBe(401);
    expect((await get(member, `no-uuid/content`)).statusCode).toBe(400);
    expect((await get(keyOf(member, { projectId: (await newProject()).id }), `${shared.id}/content`)).statusCode).toBe(404);
  });

  test('viewers, strangers and reading keys may not upload, and nothing of it stays', async () => {
    await leavingNothing(async () => {
      const body = (id: string) => [multipart([inProject(id), asPart('x')]), multipart([asPart('x'), inProject(id)])];
      for (const payload of body(project.id)) {
        expect(await post(viewer, payload)).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
        expect(await post(stranger, payload)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
        expect(await post(keyOf(member, { access: 'read' }), payload)).toMatchObject({
          status: 403,
          body: { error: { code: 'scope_insufficient' } },
        });
      }
      expect(await post({ userId: '', headers: {} }, multipart([asPart('x')]))).toMatchObject({ status: 401 });
    });
  });
});

describe('removing', () => {
  const sweep = async () => {
    for (const { sweep: run } of files.sweepers ?? []) await run(ctxFor(server.deps, system, 'test'));
  };

  test('a deleted file is gone with its bytes, and says so', async () => {
    await leavingNothing(async () => {
      const { id } = await upload(member, 'x', 'a.txt', project.id);
      expect((await remove(member, id)).statusCode).toBe(204);
      expect((await get(member, id)).statusCode).toBe(404);
      expect((await remove(member, id)).statusCode).toBe(404);
      expect((await eventsOf(server.deps.db, id)).at(-1)).toMatchObject({ type: 'file.deleted', data: { after: null } });
    });
  });

  test('two deletions at once delete once', async () => {
    const { id } = await upload(member, 'x', 'a.txt', project.id);
    const statuses = await Promise.all([remove(member, id), remove(owner, id)]);
    expect(statuses.map((r) => r.statusCode).toSorted()).toEqual([204, 404]);
  });

  test('bytes the storage would not remove are removed later', async () => {
    const { id } = await upload(member, 'x');
    const failing = vi.spyOn(server.deps.storage, 'remove').mockRejectedValue(new Error('the storage is away'));
    expect((await remove(member, id)).statusCode).toBe(204);
    const [key] = await waitingBlobs();
    await sweep();
    expect(await waitingBlobs()).toEqual([key]);
    failing.mockRestore();
    await sweep();
    expect(await waitingBlobs()).toEqual([key]);
    await sql`update piper.blob_deletions set created_at = now()`.execute(server.deps.db);
    await sweep();
    expect(await waitingBlobs()).toEqual([]);
    expect((await blobs()).some((name) => key?.endsWith(name))).toBe(false);
  });

  test('a storage that is slow to remove holds nobody up', async () => {
    const { db, pool } = server.deps;
    await remove(member, (await upload(member, 'x')).id);
    await sql`insert into piper.blob_deletions (storage_key) values ('files/slow')`.execute(db);
    let open = -1;
    vi.spyOn(server.deps.storage, 'remove').mockImplementation(async () => {
      const writing = `select count(*)::int as n from pg_stat_activity where datname = current_database() and backend_xid is not null`;
      open = (await pool.query<{ n: number }>(writing)).rows[0]!.n;
    });
    await sweep();
    expect(open).toBe(0);
    expect(await waitingBlobs()).toEqual([]);
  });

  test('orphans go after a day; attached files and those of projects stay', async () => {
    const { db } = server.deps;
    const loose = await upload(member, 'loose');
    const attached = await upload(member, 'attached');
    const shared = await upload(member, 'shared', 'a.txt', project.id);
    await attach(member, [attached.id], project.id);
    await sweep();
    expect((await get(member, loose.id)).statusCode).toBe(200);
    await sql`update piper.files set orphan_after = orphan_after - interval '24 hours', created_at = created_at - interval '24 hours'`.execute(
      db,
    );
    await sweep();
    expect((await get(member, loose.id)).statusCode).toBe(404);
    expect((await eventsOf(db, loose.id)).at(-1)).toMatchObject({
      type: 'file.deleted',
      actor: 'system',
      topic: `user:${member.userId}`,
    });
    for (const { id } of [attached, shared]) expect((await get(member, `${id}/content`)).statusCode).toBe(200);
    expect(await waitingBlobs()).toEqual([]);
  });

  test('the bytes of a deleted project’s files follow it', async () => {
    const own = await newProject();
    await leavingNothing(async () => {
      await upload(member, 'x', 'a.txt', own.id);
      await sql`delete from piper.projects where id = ${own.id}`.execute(server.deps.db);
      expect(await waitingBlobs()).toHaveLength(1);
      await sweep();
    });
  });

  test('an upload that a crash cut off is removed when its time is over', async () => {
    const { db, storage } = server.deps;
    await leavingNothing(async () => {
      const { Readable } = await import('node:stream');
      await storage.put('files/crashed', Readable.from(['x']), { mediaType: 'text/plain', maxBytes: 10 });
      await sql`insert into piper.blob_deletions (storage_key, created_at) values ('files/crashed', now() + interval '1 hour')`.execute(
        db,
      );
      await sweep();
      expect(await blobs()).toContain('crashed');
      await sql`update piper.blob_deletions set created_at = now() where storage_key = 'files/crashed'`.execute(db);
      await sweep();
    });
  });
});

async function attach(actor: TestActor, ids: string[], projectId: string) {
  const ctx = { ...ctxFor(server.deps, JSON.parse((actor.headers['authorization'] ?? '').slice(6)), 'test') };
  return inTx(ctx, (tx) => attachFiles(tx, ids, { projectId }));
}

describe('attachFiles', () => {
  test('keeps a loose file, and leaves it to its owner', async () => {
    const { id } = await upload(member, 'attached');
    expect((await get(viewer, id)).statusCode).toBe(404);
    const both = await Promise.all([attach(member, [id, id], project.id), attach(member, [id], project.id)]);
    expect(both.map((list) => list.length)).toEqual([1, 1]);
    const content = await readFileContent(ctxFor(server.deps, system, 'test'), id);
    expect(Buffer.concat(await content.body.toArray()).toString()).toBe('attached');
    expect((await get(member, id)).json().data).toMatchObject({ projectId: null, createdBy: member.userId });
    expect((await get(viewer, id)).statusCode).toBe(404);
    expect((await eventsOf(server.deps.db, id)).map((e) => e.type)).toEqual(['file.created']);
  });

  test('refuses what the actor may not read, and files of other projects', async () => {
    const { id } = await upload(owner, 'x');
    await expect(attach(member, [id], project.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(attach(member, ['nonsense'], project.id)).rejects.toMatchObject({ code: 'not_found' });
    const other = await upload(member, 'x', 'a.txt', (await newProject()).id);
    await expect(attach(member, [other.id], project.id)).rejects.toMatchObject({ code: 'rule_violated' });
  });
});
