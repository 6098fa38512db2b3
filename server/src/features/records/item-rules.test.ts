/** The rules of a project's models, through every way to ask: what is hidden shows nowhere, what is refused stays refused. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Rule } from '@piper/shared/data-model';
import { addMember, createProject, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { applyActions } from '#features/data-models';

const server = useTestServer();
const people = {} as Record<'owner' | 'ann' | 'bob' | 'viewer', TestUser>;
let project: { id: string; slug: string };
let items: string;
const teams: Record<string, string> = {};
const staff: Record<string, string> = {};

const mine = { boss: { _eq: '$CURRENT_USER' } };
const all: Rule[] = (['read', 'create', 'update', 'delete'] as const).map((action) => ({
  id: `owner-${action}`,
  action,
  roles: ['owner'],
  filter: {},
  fields: '*',
}));
const shown = ['name', 'team', 'boss', 'level'];
const staffRules: Rule[] = [
  ...all,
  { id: 'boss', action: 'read', roles: ['member'], filter: mine, fields: [...shown, 'salary', 'notes'] },
  { id: 'colleagues', action: 'read', roles: ['member'], filter: { level: { _lt: 5 } }, fields: shown },
  { id: 'public', action: 'read', roles: ['viewer'], filter: { team: { open: { _eq: true } } }, fields: ['name', 'team'] },
  {
    id: 'hire',
    action: 'create',
    roles: ['member'],
    filter: {},
    check: { boss: { _eq: '$CURRENT_USER' }, level: { _lt: 5 } },
    fields: ['name', 'level', 'team', 'boss'],
    presets: { boss: '$CURRENT_USER', level: 1, pin: '0000' },
  },
  { id: 'lead', action: 'update', roles: ['member'], filter: mine, fields: ['name', 'level', 'boss'] },
  { id: 'any-junior', action: 'update', roles: ['member'], filter: { level: { _eq: 1 } }, fields: ['name', 'level', 'boss'] },
];

beforeAll(async () => {
  for (const name of ['owner', 'ann', 'bob', 'viewer'] as const) people[name] = await registerUser(server);
  project = await createProject(people.owner);
  items = `/api/projects/${project.slug}/items`;
  await addMember(people.owner, project, people.ann);
  await addMember(people.owner, project, people.bob);
  await addMember(people.owner, project, people.viewer, 'viewer');
  await applyActions(ctxFor(server.deps, system, 'test'), project.id, [
    {
      do: 'create-model',
      model: {
        label: 'Team',
        key: 'teams',
        fields: [
          { type: 'text', label: 'Title', key: 'title' },
          { type: 'boolean', label: 'Open', key: 'open' },
          { type: 'integer', label: 'Budget', key: 'budget' },
        ],
        rules: [
          ...all,
          { id: 'see', action: 'read', roles: ['member', 'viewer'], filter: { open: { _eq: true } }, fields: ['title'] },
        ],
      },
    },
    {
      do: 'create-model',
      model: {
        label: 'Person',
        labelPlural: 'Staff',
        key: 'staff',
        fields: [
          { type: 'text', label: 'Name', key: 'name', required: true },
          { type: 'decimal', label: 'Salary', key: 'salary' },
          { type: 'text', label: 'Notes', key: 'notes' },
          { type: 'text', label: 'Pin', key: 'pin' },
          { type: 'integer', label: 'Level', key: 'level' },
          { type: 'user', label: 'Boss', key: 'boss' },
          {
            type: 'relation',
            label: 'Team',
            key: 'team',
            relation: { kind: 'many-to-one', target: 'teams', reverse: { key: 'people', label: 'People' } },
          },
        ],
        search: ['name', 'notes', 'pin'],
        defaultSort: ['pin'],
        titleField: 'pin',
        rules: staffRules,
      },
    },
  ]);
  const put = async (model: string, body: object): Promise<string> => {
    const reply = await people.owner.browser.post(`${items}/${model}`, body);
    expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
    return reply.json<{ data: { id: string } }>().data.id;
  };
  teams['open'] = await put('teams', { title: 'Open', open: true, budget: 10 });
  teams['closed'] = await put('teams', { title: 'Closed', open: false, budget: 90 });
  const add = async (name: string, body: object) =>
    (staff[name] = await put('staff', { name, notes: `${name}-note`, pin: '9876', ...body }));
  await add('anns', { salary: '100.50', level: 2, boss: people.ann.user.id, team: teams['open'] });
  await add('bobs', { salary: '777.00', level: 3, boss: people.bob.user.id, team: teams['closed'] });
  await add('chief', { salary: '9999.00', level: 9, boss: people.bob.user.id, team: teams['open'] });
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const q = (query: Record<string, unknown>): string =>
  new URLSearchParams(Object.entries(query).map(([key, value]): [string, string] => [key, textOf(value)])).toString();
const ask = (who: TestUser, path: string, query: Record<string, unknown> = {}) => who.browser.get(`${items}/${path}?${q(query)}`);
const dataOf = async (who: TestUser, path: string, query: Record<string, unknown> = {}) => {
  const reply = await ask(who, path, query);
  expect([reply.statusCode, path, query, reply.body]).toEqual([200, path, query, expect.any(String)]);
  return reply.json().data;
};

describe('a field that is hidden', () => {
  const ways: [string, Record<string, unknown>][] = [
    ['fields', { fields: 'FIELD' }],
    ['filter', { filter: { FIELD: { _nnull: true } } }],
    ['filter within _or', { filter: { _or: [{ name: { _eq: 'x' } }, { FIELD: { _eq: '9' } }] } }],
    ['sort', { sort: '-FIELD' }],
    ['sum', { aggregate: { max: 'FIELD' } }],
    ['count', { aggregate: { count: 'FIELD' } }],
    ['groupBy', { aggregate: { count: '*' }, groupBy: 'FIELD' }],
    ['alias', { fields: 'x', alias: { x: 'FIELD' } }],
  ];
  test('answers like one that is not there, whichever way it is asked for', async () => {
    for (const [way, query] of ways) {
      const reply = async (field: string) => {
        const { error } = (
          await ask(people.ann, 'staff', JSON.parse(JSON.stringify(query).replaceAll('FIELD', field)) as typeof query)
        ).json();
        return [
          error?.code,
          JSON.stringify(error)
            .replaceAll(field, 'FIELD')
            .replace(/"requestId":"[^"]*"/, ''),
        ];
      };
      expect([way, (await reply('pin'))[0]]).toEqual([way, 'unknown_field']);
      expect([way, await reply('pin')]).toEqual([way, await reply('nope')]);
    }
  });

  test('over a relation and in its deep query too', async () => {
    const asked: [string, Record<string, unknown>][] = [
      ['staff', { filter: { team: { budget: { _gt: 1 } } } }],
      ['staff', { sort: 'team.budget' }],
      ['staff', { fields: 'team.budget' }],
      ['staff', { aggregate: { sum: 'team.budget' } }],
      ['teams', { fields: 'title,people.name' }],
    ];
    for (const [model, query] of asked)
      expect([query, (await ask(people.ann, model, query)).json().error?.code]).toEqual([query, 'unknown_field']);
    // The owner may, so that these are no misspellings.
    for (const [model, query] of asked) expect([query, (await ask(people.owner, model, query)).statusCode]).toEqual([query, 200]);
    const deep = { fields: 'title,people.name', deep: { people: { _filter: { pin: { _eq: '9876' } } } } };
    expect((await ask(people.ann, 'teams', deep)).statusCode).toBe(400);
  });

  test('is not in records, not searched, and not named by the definition', async () => {
    const [record] = await dataOf(people.ann, 'staff', { filter: { name: { _eq: 'anns' } } });
    expect(Object.keys(record)).not.toContain('pin');
    expect(await dataOf(people.ann, 'staff', { search: '9876' })).toEqual([]);
    expect(await dataOf(people.owner, 'staff', { search: '9876' })).toHaveLength(3);
    const definition = (await people.ann.browser.get(`/api/models/staff?project=${project.slug}`)).body;
    expect(definition).not.toContain('"pin"');
    expect(definition).not.toContain('owner-read');
    // Without it in the order, lists still come.
    expect(await dataOf(people.ann, 'staff', { fields: 'name' })).toHaveLength(2);
  });

  test('can be set by a preset, not by its writer', async () => {
    const refused = await people.ann.browser.post(`${items}/staff`, { name: 'x', pin: '1' });
    expect([refused.statusCode, refused.json().error.code]).toEqual([400, 'unknown_field']);
  });
});

describe('a field that shows on some records only', () => {
  test('is null elsewhere, and can be neither filtered, sorted, searched nor summed there', async () => {
    const seen = await dataOf(people.ann, 'staff', { fields: 'name,salary,notes', sort: 'name' });
    expect(seen).toEqual([
      { name: 'anns', salary: '100.50', notes: 'anns-note' },
      { name: 'bobs', salary: null, notes: null },
    ]);
    const names = async (query: Record<string, unknown>) =>
      (await dataOf(people.ann, 'staff', { fields: 'name', ...query })).map((each: { name: string }) => each.name);
    expect(await names({ filter: { salary: { _gt: 500 } } })).toEqual([]);
    expect(await names({ filter: { salary: { _eq: '777.00' } } })).toEqual([]);
    expect(await names({ filter: { salary: { _null: true } } })).toEqual(['bobs']);
    expect(await names({ search: 'bobs-note' })).toEqual([]);
    expect(await names({ search: 'anns-note' })).toEqual(['anns']);
    expect(await dataOf(people.ann, 'staff', { aggregate: { sum: 'salary', max: 'salary', countDistinct: 'salary' } })).toEqual([
      { sum: { salary: '100.50' }, max: { salary: '100.50' }, countDistinct: { salary: 1 } },
    ]);
    expect(await dataOf(people.ann, 'staff', { aggregate: { count: '*' }, groupBy: 'salary', sort: 'salary' })).toEqual([
      { salary: '100.50', count: 1 },
      { salary: null, count: 1 },
    ]);
    for (const sort of ['salary', '-salary']) {
      const reply = (await ask(people.ann, 'staff', { fields: 'name', sort, limit: 1 })).json();
      const cursor = Buffer.from(reply.meta.nextCursor, 'base64url').toString();
      expect([sort, cursor.includes('777')]).toEqual([sort, false]);
      const next = await dataOf(people.ann, 'staff', { fields: 'name', sort, cursor: reply.meta.nextCursor });
      expect(new Set([...reply.data, ...next].map((each) => each.name))).toEqual(new Set(['anns', 'bobs']));
    }
  });
});

describe('a record that is hidden', () => {
  test('is not there: to read, change, delete, restore, or look into', async () => {
    const one = `${items}/staff/${staff['chief']}`;
    const { browser } = people.ann;
    const replies = [
      await browser.get(one),
      await browser.patch(one, { name: 'x' }),
      await browser.patch(one, { level: 1 }),
      await browser.delete(one),
      await browser.post(`${one}/restore`),
      await browser.get(`${one}/revisions`),
      await browser.get(`${one}/comments`),
      await browser.post(`${one}/comments`, { text: 'x' }),
      await browser.get(`${items}/staff/00000000-0000-7000-8000-000000000000`),
    ];
    expect(replies.map((reply) => [reply.statusCode, reply.json().error.code, reply.json().error.details])).toEqual(
      replies.map(() => [404, 'not_found', undefined]),
    );
  });

  test('is not counted, not grouped, and nowhere behind a relation', async () => {
    const { meta } = (await ask(people.ann, 'staff', { meta: '*' })).json();
    expect(meta).toMatchObject({ total_count: 2, filter_count: 2 });
    expect(await dataOf(people.ann, 'staff', { aggregate: { count: '*', max: 'level' } })).toEqual([
      { count: 2, max: { level: 3 } },
    ]);
    expect(await dataOf(people.ann, 'staff', { filter: { id: { _eq: staff['chief'] } } })).toEqual([]);
    expect(await dataOf(people.ann, 'staff', { fields: 'name,team.title', sort: 'name' })).toEqual([
      { name: 'anns', team: { title: 'Open' } },
      { name: 'bobs', team: null },
    ]);
    expect(await dataOf(people.ann, 'staff', { filter: { team: { title: { _eq: 'Closed' } } } })).toEqual([]);
    expect(await dataOf(people.ann, 'staff', { fields: 'name', sort: 'team.title,name' })).toHaveLength(2);
  });

  test('nor can it be linked to, though its id is known', async () => {
    const made = await people.ann.browser.post(`${items}/staff`, { name: 'x', team: teams['closed'] });
    const nowhere = await people.ann.browser.post(`${items}/staff`, { name: 'x', team: '00000000-0000-7000-8000-000000000000' });
    expect([made.statusCode, made.json().error.message]).toEqual([404, nowhere.json().error.message]);
  });

  test('one that is seen but may not be changed answers 403, and says no more', async () => {
    const reply = await people.ann.browser.delete(`${items}/staff/${staff['anns']}`);
    expect([reply.statusCode, reply.json().error.code, reply.json().error.details]).toEqual([403, 'forbidden', undefined]);
    const viewers = await people.viewer.browser.patch(`${items}/staff/${staff['anns']}`, { name: 'x' });
    expect(viewers.statusCode).toBe(403);
    const allowed = await dataOf(people.ann, 'staff', { fields: 'name,allowedActions', sort: 'name' });
    expect(allowed).toEqual([
      { name: 'anns', allowedActions: ['read', 'update'] },
      { name: 'bobs', allowedActions: ['read'] },
    ]);
  });

  test('a list of writes with one that is refused changes nothing', async () => {
    const body = [
      { id: staff['anns'], name: 'changed' },
      { id: staff['chief'], name: 'changed' },
    ];
    expect((await people.ann.browser.patch(`${items}/staff`, body)).statusCode).toBe(404);
    expect(
      (await people.ann.browser.patch(`${items}/staff`, { keys: [staff['anns'], staff['bobs']], data: { name: 'changed' } }))
        .statusCode,
    ).toBe(403);
    expect(await dataOf(people.owner, 'staff', { filter: { name: { _eq: 'changed' } } })).toEqual([]);
  });
});

describe('what is written', () => {
  const hire = (body: object) => people.ann.browser.post(`${items}/staff`, body);

  test('is completed by presets, and held to the check', async () => {
    const made = await hire({ name: 'new' });
    expect([made.statusCode, made.json().data]).toMatchObject([200, { name: 'new', boss: people.ann.user.id, level: 1 }]);
    expect(Object.keys(made.json().data)).not.toContain('pin');
    expect((await dataOf(people.owner, `staff/${made.json().data.id}`)).pin).toBe('0000');
    for (const body of [{ level: 5 }, { boss: people.bob.user.id }, { boss: null }])
      expect([body, (await hire({ name: 'x', ...body })).statusCode]).toEqual([body, 403]);
    const salaried = await hire({ name: 'x', salary: '1.00' });
    expect([salaried.statusCode, salaried.json().error.message]).toEqual([403, 'You may not set "salary".']);
    await people.owner.browser.delete(`${items}/staff/${made.json().data.id}`);
  });

  test('must be allowed by one rule as a whole: the row before by one and after by another is not enough', async () => {
    const { id } = (
      await people.owner.browser.post(`${items}/staff`, { name: 'junior', level: 1, boss: people.bob.user.id })
    ).json().data;
    const change = (body: object) => people.ann.browser.patch(`${items}/staff/${id}`, body);
    expect((await change({ name: 'junior two' })).statusCode).toBe(200);
    // It is a junior now, and it would be Ann's then; but no rule lets her take somebody else's.
    expect((await change({ level: 2, boss: people.ann.user.id })).statusCode).toBe(403);
    expect((await change({ level: 2 })).statusCode).toBe(403);
    expect((await people.ann.browser.patch(`${items}/staff`, [{ id, level: 2, boss: people.ann.user.id }])).statusCode).toBe(403);
    expect((await change({ boss: people.ann.user.id })).statusCode).toBe(200);
    expect((await change({ level: 2 })).statusCode).toBe(200);
    await people.owner.browser.delete(`${items}/staff/${id}`);
  });

  test('comes back only as its id when it is out of sight afterwards', async () => {
    await setStaffRules([
      ...staffRules,
      { id: 'give', action: 'update', roles: ['member'], filter: mine, check: {}, fields: ['level', 'name'] },
    ]);
    const { id } = (await hire({ name: 'rising' })).json().data;
    const raised = await people.ann.browser.patch(`${items}/staff/${id}`, { level: 4 });
    expect(raised.json().data).toMatchObject({ name: 'rising', level: 4 });
    await setStaffRules([
      ...all,
      { id: 'low', action: 'read', roles: ['member'], filter: { level: { _lt: 5 } }, fields: ['name', 'level', 'salary'] },
      { id: 'give', action: 'update', roles: ['member'], filter: {}, check: {}, fields: ['level'] },
    ]);
    const gone = await people.ann.browser.patch(`${items}/staff/${id}`, { level: 8 });
    expect([gone.statusCode, gone.json().data]).toEqual([200, { id }]);
    expect((await ask(people.ann, `staff/${id}`)).statusCode).toBe(404);
    await people.owner.browser.delete(`${items}/staff/${id}`);
    await setStaffRules(staffRules);
  });
});

async function setStaffRules(rules: Rule[]): Promise<void> {
  await applyActions(ctxFor(server.deps, system, 'test'), project.id, [{ do: 'set-rules', model: 'staff', rules }]);
}

describe('variables and paths', () => {
  const seenBy = async (who: TestUser, filter: Rule['filter']): Promise<string[]> => {
    await setStaffRules([...all, { id: 'r', action: 'read', roles: ['member'], filter, fields: '*' }]);
    return (await dataOf(who, 'staff', { fields: 'name', sort: 'name' })).map((each: { name: string }) => each.name);
  };
  test('the user, their fields and roles, and the time', async () => {
    expect(await seenBy(people.ann, { boss: { _eq: '$CURRENT_USER' } })).toEqual(['anns']);
    expect(await seenBy(people.bob, { boss: { email: { _eq: '$CURRENT_USER.email' } } })).toEqual(['bobs', 'chief']);
    expect(await seenBy(people.ann, { name: { _in: '$CURRENT_ROLES' } })).toEqual([]);
    await people.owner.browser.patch(`${items}/staff/${staff['chief']}`, { name: 'member' });
    expect(await seenBy(people.ann, { name: { _in: '$CURRENT_ROLES' } })).toEqual(['member']);
    await people.owner.browser.patch(`${items}/staff/${staff['chief']}`, { name: 'chief' });
    expect(await seenBy(people.ann, { createdAt: { _gt: '$NOW(-1 hour)' } })).toEqual(['anns', 'bobs', 'chief']);
    expect(await seenBy(people.ann, { createdAt: { _lt: '$NOW(-1 hour)' } })).toEqual([]);
  });

  test('rules see hidden records and fields of the project', async () => {
    expect(await seenBy(people.ann, { team: { budget: { _gt: 50 } } })).toEqual(['bobs']);
    expect(await seenBy(people.ann, { pin: { _eq: '9876' } })).toEqual(['anns', 'bobs', 'chief']);
  });

  test('but of Piper’s own records no more than whoever acts: a rule is no spy', async () => {
    const secret = await createProject(people.bob, { name: 'Secret' });
    const belongsTo = (id: string) => ({ boss: { memberships: { _some: { projectId: { _eq: id } } } } });
    expect(await seenBy(people.ann, belongsTo(project.id))).toEqual(['anns', 'bobs', 'chief']);
    expect(await seenBy(people.ann, belongsTo(secret.id))).toEqual([]);
    expect(await seenBy(people.ann, { boss: { email: { _eq: people.bob.email } } })).toEqual([]);
    expect(await seenBy(people.bob, { boss: { email: { _eq: people.bob.email } } })).toEqual(['bobs', 'chief']);
    await setStaffRules(staffRules);
  });

  test('nor through a formula', async () => {
    const mail = { type: 'formula', label: 'Mail', key: 'mail', options: { formula: '{boss.email}' } };
    await applyActions(ctxFor(server.deps, system, 'test'), project.id, [{ do: 'create-field', model: 'staff', field: mail }]);
    expect(await seenBy(people.ann, { mail: { _eq: people.bob.email } })).toEqual([]);
    expect(await seenBy(people.bob, { mail: { _eq: people.bob.email } })).toEqual(['bobs', 'chief']);
    await setStaffRules(staffRules);
  });
});
