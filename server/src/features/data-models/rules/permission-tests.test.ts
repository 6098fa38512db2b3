/** Permission tests beside changes of definitions, and beside everybody else's work. */
import { beforeAll, expect, test } from 'vitest';
import type { Rule } from '@piper/shared/data-model';
import { createProject, registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { applyActions } from '../index.ts';

const server = useTestServer();
const id = crypto.randomUUID();
const rules: Rule[] = [
  { id: 'own', action: 'read', roles: ['owner'], filter: {}, fields: '*' },
  { id: 'make', action: 'create', roles: ['owner', 'member'], filter: {}, fields: '*' },
];
let owner: TestUser;
let base: string;
let tests: string;

beforeAll(async () => {
  owner = await registerUser(server);
  const project = await createProject(owner);
  base = `/api/projects/${project.slug}`;
  tests = `${base}/permission-tests`;
  const fields = ['Title', 'State'].map((label) => ({ type: 'text', label }));
  const model = { id, label: 'Ticket', labelPlural: 'Tickets', key: 'tickets', fields, rules };
  await applyActions(ctxFor(server.deps, system, 'test'), project.id, [{ do: 'create-model', model }]);
  await owner.browser.post(`${base}/items/tickets`, { title: 'x', state: 'open' });
  await make({ name: 'hidden', action: 'read', record: { filter: {} }, expect: 'refused' });
  await make({ name: 'makes', action: 'create', record: { values: { title: 'made' } }, expect: 'allowed' });
});

async function make(body: object): Promise<string> {
  const reply = await owner.browser.post(tests, { as: { roles: ['member'] }, model: 'tickets', ...body });
  expect([reply.statusCode, reply.body]).toEqual([201, expect.any(String)]);
  return reply.json<{ data: { id: string } }>().data.id;
}
const apply = (actions: object[]) => owner.browser.post(`${base}/change-sets`, { actions, acceptLoss: true });

test('block rules that need a field of the same change, since they could not be tried', async () => {
  const field = { id: crypto.randomUUID(), type: 'boolean', label: 'Internal', key: 'internal' };
  const open: Rule = { id: 'open', action: 'read', roles: ['member'], filter: { internal: { _null: true } }, fields: '*' };
  const setOpen = { do: 'set-rules', model: id, rules: [...rules, open] };
  const create = { do: 'create-field', model: id, field };
  const refused = await apply([create, setOpen]);
  expect([refused.statusCode, refused.json().error.code]).toEqual([422, 'permission_tests_failed']);
  const sentence = expect.stringContaining('Add the fields first');
  expect(refused.json().error.details).toMatchObject([{ outcome: 'broken', sentence }, { name: 'makes' }]);
  expect((await apply([create])).statusCode).toBeLessThan(300);
  const tried = await apply([setOpen]);
  expect([tried.statusCode, tried.json().error.details]).toMatchObject([422, [{ name: 'hidden', outcome: 'failed' }]]);
});

test('try a field whose type changes as it is now, and one that returns from the bin as it was', async () => {
  const byState = (filter: Rule['filter']) => [{ ...rules[0]!, filter }, ...rules.slice(1)];
  const closed: Rule = { id: 'closed', action: 'read', roles: ['member'], filter: { state: { _eq: 'closed' } }, fields: '*' };
  const set = (next: Rule[]) => apply([{ do: 'set-rules', model: id, rules: next }]);
  expect((await set([...byState({ state: { _neq: 'closed' } }), closed])).statusCode).toBeLessThan(300);
  const { data: model } = (await owner.browser.get(`/api/models/${id}`)).json();
  const field = model.fields.find(({ key }: { key: string }) => key === 'state').id;
  const options = { choices: [{ value: 'open' }, { value: 'closed' }] };
  const changed = await apply([{ do: 'update-field', model: id, field, changes: { type: 'select', options } }]);
  expect([changed.statusCode, changed.body]).toEqual([expect.closeTo(200, -1), expect.any(String)]);
  // Deleted with the rule that names it, and both brought back.
  expect((await set([...rules, closed])).statusCode).toBeLessThan(300);
  const gone = await apply([
    { do: 'set-rules', model: id, rules },
    { do: 'delete-field', model: id, field },
  ]);
  expect([gone.statusCode, gone.body]).toEqual([expect.closeTo(200, -1), expect.any(String)]);
  const undone = await owner.browser.post(`${base}/change-sets/${gone.json().data.id}/undo`);
  expect([undone.statusCode, undone.body]).toEqual([expect.closeTo(200, -1), expect.any(String)]);
  const refused = await set([...rules, { ...closed, filter: { state: { _eq: 'open' } } }]);
  expect([refused.statusCode, refused.json().error.details]).toMatchObject([422, [{ name: 'hidden', outcome: 'failed' }]]);
});

test('hold nobody up: what they write is open for one trial only', async () => {
  const made = [];
  for (const name of ['one', 'two', 'three'])
    made.push(await make({ name, action: 'create', record: { values: { title: name } }, expect: 'allowed' }));
  const text = `select definition ->> 'table' as name from piper.data_models where id = $1`;
  const table = (await server.deps.pool.query<{ name: string }>(text, [id])).rows[0]!.name;
  await server.deps.pool
    .query(`create function public.slowly() returns trigger language plpgsql as 'begin perform pg_sleep(0.2); return new; end';
    create trigger slowly after insert on ${table} for each row execute function public.slowly()`);
  let running = true;
  const runs = owner.browser.post(`${tests}/run`).finally(() => (running = false));
  const writing = new Set<string>();
  while (running) {
    const { rows } = await server.deps.pool.query<{ xid: string }>(
      `select backend_xid::text as xid from pg_stat_activity where wait_event = 'PgSleep' and backend_xid is not null and datname = current_database()`,
    );
    for (const { xid } of rows) writing.add(xid);
  }
  expect((await runs).json().meta).toMatchObject({ failed: 0, broken: 0 });
  await server.deps.pool.query(`drop function public.slowly() cascade`);
  expect(writing.size).toBe(4);
});

test('keep both of two changes at once', async () => {
  const test = await make({ name: 'patched', action: 'create', record: { values: { title: 'x' } }, expect: 'refused' });
  const changes = [{ name: 'renamed' }, { expect: 'allowed' }];
  const replies = await Promise.all(changes.map((change) => owner.browser.patch(`${tests}/${test}`, change)));
  expect(replies.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  const now = (await owner.browser.get(`${tests}/${test}`)).json().data;
  expect(now).toMatchObject({ name: 'renamed', expect: 'allowed', version: 3 });
});
