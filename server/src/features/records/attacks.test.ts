/** What somebody tries who belongs to a project, but may not see all of it: every way round the rules ends where the rules do. */
import { describe, expect, test } from 'vitest';
import { beRole, ids, marker, place, send, spy } from '../../../../test/attacks.ts';

describe('the log', () => {
  test('tells nobody of records, whom the rules of their model would not', async () => {
    const said = await place.owner.browser.post(place.at('cases', `/${ids['hidden']}/comments`), { text: marker });
    expect(said.statusCode).toBe(201);
    const kept = await place.owner.browser.post(`/api/projects/${place.project.id}/permission-tests`, {
      name: marker,
      as: { roles: ['viewer'] },
      action: 'read',
      model: 'cases',
      record: { filter: { secret: { _eq: marker } } },
      expect: 'refused',
    });
    expect([kept.statusCode, kept.body]).toEqual([201, expect.any(String)]);
    expect((await place.owner.browser.get('/api/events?limit=-1')).body).toContain(marker);
    const all = await spy.browser.get('/api/events?limit=-1');
    expect([all.statusCode, all.body.includes(marker)]).toEqual([200, false]);
    const filter = JSON.stringify({ subject: { _eq: ids['hidden'] } });
    expect((await spy.browser.get(`/api/events?filter=${encodeURIComponent(filter)}`)).json().data).toEqual([]);
    const regex = JSON.stringify({ data: { _nnull: true }, topic: { _contains: 'model' } });
    const found = await spy.browser.get(`/api/events?aggregate[count]=*&filter=${encodeURIComponent(regex)}`);
    expect(found.json().data).toEqual([{ count: 0 }]);
    expect((await spy.browser.get('/api/runs?limit=-1&fields=*,input,output,steps.*')).body).not.toContain('pin');
    expect((await spy.browser.get('/api/run-steps?limit=-1&fields=*,input,output')).body).not.toContain('pin');
  });
});

describe('upsert', () => {
  test('does not tell a viewer which unique values are taken by records they do not see', async () => {
    await beRole('viewer');
    const answers = [];
    for (const code of ['c2', 'free']) {
      const { error } = (await send('PUT', `${place.at('cases')}?upsert=code`, { code })).json();
      answers.push([error.code, error.message, error.details]);
    }
    expect(answers[0]).toEqual(answers[1]);
  });
  test('knows hidden fields no better than fields that are not there', async () => {
    for (const value of [5, null, 'x', `1${marker}`]) {
      const [hidden, none] = await Promise.all(
        ['pin', 'nix'].map(async (field) => (await send('PUT', `${place.at('cases')}?upsert=${field}`, { [field]: value })).body),
      );
      const cut = (body: string) => body.replaceAll(/pin|nix|"requestId":"[^"]*"/g, '');
      expect(cut(hidden!)).toBe(cut(none!));
    }
  });
  test('answers a writer as a creation would: the value is taken', async () => {
    await beRole('member');
    const made = await send('POST', place.at('cases'), { code: 'c2', name: 'x' });
    const upserted = await send('PUT', `${place.at('cases')}?upsert=code`, { code: 'c2', name: 'x' });
    expect([made.statusCode, upserted.statusCode, upserted.json().error.code]).toEqual([409, 409, 'already_exists']);
  });
});

describe('a record that is invisible', () => {
  test('is not deleted, not for good either, by whoever may delete only what they see', async () => {
    await beRole('member');
    const gone = '00000000-0000-7000-8000-000000000000';
    for (const rest of ['', '?permanent=true'])
      for (const id of [ids['hidden']!, gone]) {
        expect([rest, (await send('DELETE', place.at('cases', `/${id}${rest}`))).statusCode]).toEqual([rest, 404]);
        expect([rest, (await send('DELETE', place.at('cases', rest), [id])).statusCode]).toEqual([rest, 404]);
        const guarded = await send('DELETE', place.at('cases', `/${id}${rest}`), undefined, { 'if-match': '"77"' });
        expect([rest, guarded.statusCode]).toEqual([rest, 404]);
      }
    expect((await place.owner.browser.get(place.at('cases', `/${ids['hidden']}`))).statusCode).toBe(200);
  });

  test('and once deleted is not restored or removed by them', async () => {
    await place.owner.browser.delete(place.at('cases', `/${ids['hidden']}`));
    expect((await send('POST', place.at('cases', `/${ids['hidden']}/restore`))).statusCode).toBe(404);
    expect((await send('DELETE', place.at('cases', `/${ids['hidden']}?permanent=true`))).statusCode).toBe(404);
    expect((await send('GET', place.at('cases', '?deleted=with'))).body).not.toContain(ids['hidden']);
    expect((await send('GET', place.at('cases', `/${ids['hidden']}/revisions`))).statusCode).toBe(404);
    expect((await place.owner.browser.post(place.at('cases', `/${ids['hidden']}/restore`))).statusCode).toBe(200);
  });

  test('is reached by no write, in no form', async () => {
    const url = place.at('cases', `/${ids['hidden']}`);
    const batch = (...operations: object[]) => send('POST', `/api/projects/${place.project.id}/batch`, { operations });
    const tries = {
      update: send('PATCH', url, { name: 'x' }),
      guarded: send('PATCH', url, { name: 'x' }, { 'if-match': '"99"' }),
      revert: send('POST', `${url}/revert`, { revision: '1' }),
      comment: send('POST', `${url}/comments`, { text: 'x' }),
      comments: send('GET', `${url}/comments`),
      batch: batch({ op: 'update', model: 'cases', id: ids['hidden'], data: { name: 'x' } }),
      'batch delete': batch({ op: 'delete', model: 'cases', id: ids['hidden'] }),
      'by reference': batch(
        { op: 'update', model: 'cases', id: ids['shown'], ref: 'a', data: { name: 'shown' } },
        { op: 'update', model: 'cases', id: ids['hidden'], data: { name: 'x' } },
      ),
      'a tag': send('PATCH', place.at('cases', `/${ids['shown']}`), { tags: [ids['tag']] }),
      'a tag in words': send('PATCH', place.at('cases', `/${ids['shown']}`), {
        tags: { create: [], update: [ids['tag']], delete: [] },
      }),
      'within a tag': send('PATCH', place.at('cases', `/${ids['shown']}`), { tags: [{ id: ids['tag'], word: 'x' }] }),
    };
    for (const [name, reply] of Object.entries(tries)) expect([name, (await reply).statusCode]).toEqual([name, 404]);
    const read = (await place.owner.browser.get(`${url}?fields=name,state,tags`)).json();
    expect(read.data).toEqual({ name: marker, state: marker, tags: [ids['tag']] });
  });
});

describe('nothing of what is hidden comes back', () => {
  const relations = ['room.cases.name', 'tags.cases.name', 'room.*', 'room.cases.tags.word', 'room.cases.allowedActions'];
  const queries: Record<string, string>[] = [
    { fields: ['*', ...relations].join() },
    { fields: '*.*.*' },
    { alias: '{"x":"room"}', fields: 'x.*,x.cases.*' },
    { alias: '{"__proto__":"room","constructor":"name"}', fields: '__proto__.*,constructor' },
    { deep: '{"room":{"cases":{"_filter":{"name":{"_nnull":true}},"_sort":"-name","_search":"T"}}}', fields: 'room.cases.*' },
    { aggregate: '{"max":["name","code"],"count":"*","countDistinct":"state"}', groupBy: 'room.title,open' },
    { aggregate: '{"count":"*"}', groupBy: 'state' },
    { search: marker },
    { search: marker.slice(0, 4), meta: '*' },
    { deleted: 'with' },
    { deleted: 'only' },
    { filter: `{"tags":{"word":{"_eq":"${marker}"}}}` },
    { filter: `{"tags":{"_none":{"word":{"_null":false}}}}`, meta: '*' },
    { filter: `{"room":{"cases":{"_some":{"name":{"_eq":"${marker}"}}}}}` },
    { sort: 'room.title,-name', limit: '1' },
    { sort: '-count(tags)', fields: 'count(tags),name' },
  ];
  test.each(queries)('%o', async (query) => {
    const reply = await send('GET', `${place.at('cases')}?${new URLSearchParams(query).toString()}`);
    expect([query, reply.statusCode, reply.body]).toEqual([query, expect.any(Number), expect.not.stringContaining(marker)]);
    expect(reply.statusCode).toBeLessThan(500);
    const { nextCursor, total_count: total = 1 } =
      reply.json<{ meta?: { nextCursor?: string; total_count?: number } }>().meta ?? {};
    expect([total, Buffer.from(nextCursor ?? '', 'base64url').toString()]).toEqual([1, expect.not.stringContaining(marker)]);
  });
  const hidden: Record<string, string>[] = [
    { fields: 'secret' },
    { fields: 'room.key' },
    { fields: 'year(secret)' },
    { sort: 'secret' },
    { sort: 'room.key' },
    { filter: '{"secret":{"_null":true}}' },
    { filter: '{"room":{"key":{"_null":true}}}' },
    { filter: '{"room":{"cases":{"secret":{"_null":true}}}}' },
    { filter: '{"_or":[{"pin":{"_eq":"1"}}]}' },
    { filter: '{"name":{"_eq":"$CURRENT_USER.secret"}}' },
    { aggregate: '{"max":"secret"}' },
    { aggregate: '{"count":"secret"}' },
    { aggregate: '{"count":"*"}', groupBy: 'secret' },
    { aggregate: '{"count":"*"}', groupBy: 'room.key' },
    { alias: '{"x":"secret"}', fields: 'x' },
    { fields: 'room.cases.name', deep: '{"room":{"cases":{"_sort":"secret"}}}' },
    { fields: 'room.cases.name', deep: '{"room":{"cases":{"_filter":{"secret":{"_null":true}}}}}' },
    { fields: 'room.x', deep: '{"room":{"_alias":{"x":"key"}}}' },
  ];
  test.each(hidden)('a field that is hidden is not there: %o', async (query) => {
    const ask = async (one: Record<string, string>) => {
      const reply = await send('GET', `${place.at('cases')}?${new URLSearchParams(one).toString()}`);
      return [reply.statusCode, reply.body.replaceAll(/secret|pin|key|nix|"requestId":"[^"]*"/g, '')];
    };
    const none = Object.fromEntries(
      Object.entries(query).map(([name, value]) => [name, value.replaceAll(/\bsecret|pin|(?<!_)\bkey/g, 'nix')]),
    );
    const [status, body] = await ask(query);
    expect(status).toBe(400);
    expect([status, body]).toEqual(await ask(none));
  });
});

describe('former states', () => {
  test('tell no value of a time when the record, or the field, was out of sight', async () => {
    await beRole('viewer');
    const { id } = (await place.owner.browser.post(place.at('cases'), { name: `${marker} draft`, open: false })).json().data;
    const url = place.at('cases', `/${id}`);
    await place.owner.browser.patch(url, { name: 'fit for all', state: marker });
    await place.owner.browser.patch(url, { open: true, state: 'done' });
    await place.owner.browser.patch(url, { state: 'later' });
    const list = await send('GET', `${url}/revisions`);
    expect([list.statusCode, list.body]).toEqual([200, expect.not.stringContaining(marker)]);
    const { data } = list.json<{ data: { id: string; changes: { field: string; before: unknown; after: unknown }[] }[] }>();
    expect(data[0]!.changes).toEqual([{ field: 'state', before: 'done', after: 'later' }]);
    for (const revision of (await place.owner.browser.get(`${url}/revisions`)).json<{ data: { id: string }[] }>().data) {
      const one = await send('GET', `${url}/revisions/${revision.id}`);
      expect([one.statusCode, one.body]).toEqual([expect.any(Number), expect.not.stringContaining(marker)]);
    }
  });
});

describe('requests in another’s name', () => {
  test('a cookie alone changes nothing, whatever the way', async () => {
    await beRole('member');
    const url = place.at('cases', `/${ids['shown']}`);
    const batch = `/api/projects/${place.project.id}/batch`;
    const tries: [string, string, object?][] = [
      ['POST', place.at('cases'), { name: 'x' }],
      ['PUT', `${place.at('cases')}?upsert=code`, { code: 'x' }],
      ['PATCH', place.at('cases'), { keys: [], data: {} }],
      ['DELETE', place.at('cases'), []],
      ['PATCH', url, { name: 'x' }],
      ['PUT', url, { name: 'x' }],
      ['DELETE', url],
      ['POST', `${url}/restore`],
      ['POST', `${url}/revert`, { revision: '1' }],
      ['POST', `${url}/comments`, { text: 'x' }],
      ['POST', batch, { operations: [] }],
      ['POST', '/api/models', { project: place.project.id, label: 'x', fields: [] }],
    ];
    for (const [method, address, payload] of tries) {
      const reply = await spy.browser.send(
        { method: method as 'POST', url: address, ...(payload && { payload }) },
        { bearer: false },
      );
      expect([method, address, reply.statusCode]).toEqual([method, address, 403]);
    }
    expect((await place.owner.browser.get(`${url}?fields=name`)).json().data).toEqual({ name: 'shown' });
  });

  test('a reply kept for a key is for who asked', async () => {
    const payload = { name: 'once' };
    const key = { 'idempotency-key': 'k1' };
    const first = await send('POST', place.at('cases'), payload, key);
    const ofOwner = await place.owner.browser.send({ method: 'POST', url: place.at('cases'), payload, headers: key });
    expect([first.statusCode, ofOwner.statusCode, ofOwner.headers['idempotent-replayed']]).toEqual([200, 200, undefined]);
    const again = await send('POST', place.at('cases'), payload, key);
    expect([again.json().data.id, again.headers['idempotent-replayed']]).toEqual([first.json().data.id, 'true']);
  });
});
