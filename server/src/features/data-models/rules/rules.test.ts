/** Whose eyes, why not, and tests of rules as data, through HTTP. */
import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, createProject, registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import type { Rule } from '@piper/shared/data-model';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { applyActions } from '../index.ts';

const server = useTestServer();
const people = {} as Record<'owner' | 'admin' | 'ann' | 'bob' | 'viewer' | 'stranger', TestUser>;
let project: { id: string; slug: string };
let base: string;
let annsId: string;
let bobsId: string;

const mine = { assignee: { _eq: '$CURRENT_USER' } };
const rules: Rule[] = [
  { id: 'manage', action: 'read', roles: ['owner', 'admin'], filter: {}, fields: '*' },
  {
    id: 'own',
    description: 'Own tickets',
    action: 'read',
    roles: ['member'],
    filter: mine,
    fields: ['title', 'state', 'assignee'],
  },
  { id: 'make', action: 'create', roles: ['owner', 'admin', 'member'], filter: {}, fields: '*' },
  {
    id: 'work',
    action: 'update',
    roles: ['owner', 'admin', 'member'],
    filter: mine,
    check: { state: { _neq: 'closed' } },
    fields: ['title', 'state'],
  },
  { id: 'wipe', action: 'delete', roles: ['owner'], filter: {}, fields: '*' },
];

beforeAll(async () => {
  for (const name of ['owner', 'admin', 'ann', 'bob', 'viewer', 'stranger'] as const) people[name] = await registerUser(server);
  project = await createProject(people.owner);
  base = `/api/projects/${project.slug}`;
  await addMember(people.owner, project, people.admin, 'admin');
  await addMember(people.owner, project, people.ann);
  await addMember(people.owner, project, people.bob);
  await addMember(people.owner, project, people.viewer, 'viewer');
  await applyActions(ctxFor(server.deps, system, 'test'), project.id, [
    {
      do: 'create-model',
      model: {
        label: 'Ticket',
        labelPlural: 'Tickets',
        key: 'tickets',
        fields: [
          { type: 'text', label: 'Title', required: true },
          { type: 'text', label: 'State' },
          { type: 'integer', label: 'Budget' },
          { type: 'user', label: 'Assignee' },
        ],
        rules,
      },
    },
  ]);
  const make = async (title: string, who: TestUser): Promise<string> => {
    const body = { title, state: 'open', budget: 7, assignee: who.user.id };
    const reply = await people.owner.browser.post(`${base}/items/tickets`, body);
    expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
    return reply.json<{ data: { id: string } }>().data.id;
  };
  annsId = await make('Ann’s', people.ann);
  bobsId = await make('Bob’s', people.bob);
});

const modelId = async (): Promise<string> =>
  (await people.owner.browser.get(`/api/models/tickets?project=${project.slug}`)).json<{ data: { id: string } }>().data.id;
const setRules = async (next: Rule[]) =>
  people.owner.browser.send({ method: 'PUT', url: `/api/models/${await modelId()}/rules`, payload: { rules: next } });

describe('view as', () => {
  const viewAs = (body: object, who: TestUser = people.owner) =>
    who.browser.post(`${base}/view-as`, { model: 'tickets', ...body });

  test('shows what a member sees and may do, and nothing else', async () => {
    const reply = await viewAs({ member: people.ann.user.id });
    const { data } = reply.json();
    expect([reply.statusCode, data.roles]).toEqual([200, ['member']]);
    expect(data.definition.fields.map((field: { key: string }) => field.key)).toEqual(['id', 'title', 'state', 'assignee']);
    expect(data.records).toEqual([
      { id: annsId, title: 'Ann’s', state: 'open', assignee: people.ann.user.id, allowedActions: ['read', 'update'] },
    ]);
    const asked = await viewAs({
      member: people.ann.user.id,
      query: { fields: ['title', 'assignee.name'], filter: { state: { _eq: 'open' } } },
    });
    expect(asked.json().data.records).toMatchObject([{ title: 'Ann’s', assignee: { name: 'Somebody' } }]);
    expect((await viewAs({ member: people.ann.user.id, query: { fields: ['budget'] } })).json().error.code).toBe('unknown_field');
    const counted = await viewAs({ member: people.ann.user.id, query: { aggregate: { count: '*' } } });
    expect(counted.json().data.records).toEqual([{ count: 1 }]);
  });

  test('shows of people what all see of all, not what is their own or for the instance', async () => {
    const own = (fields: string[], member: string) => viewAs({ member, query: { fields } });
    const hidden = await own(['title', 'assignee.email'], people.ann.user.id);
    expect([hidden.statusCode, hidden.body.includes('@')]).toEqual([400, false]);
    // The owner of the instance sees e-mail addresses, and nobody through their eyes.
    const asOwner = await viewAs({ member: people.owner.user.id, query: { fields: ['assignee.email'] } }, people.admin);
    expect([asOwner.statusCode, asOwner.body.includes('@')]).toEqual([400, false]);
    const byMail: Rule = {
      id: 'mail',
      action: 'read',
      roles: ['member'],
      filter: { assignee: { email: { _contains: '@' } } },
      fields: '*',
    };
    expect((await setRules([byMail, ...rules.slice(2)])).statusCode).toBe(200);
    const reply = await people.owner.browser.post(`${base}/why`, {
      model: 'tickets',
      member: people.ann.user.id,
      action: 'read',
      id: annsId,
    });
    expect(reply.json().data.rules[0]).toMatchObject({ rule: 'mail', filterHolds: false });
    expect((await setRules(rules)).statusCode).toBe(200);
  });

  test('shows what roles see: somebody in particular they are not', async () => {
    expect((await viewAs({ roles: ['member'] })).json().data.records).toEqual([]);
    expect((await viewAs({ roles: ['admin'] })).json().data.records).toHaveLength(2);
    expect((await viewAs({ roles: ['viewer'] })).json().data).toMatchObject({ definition: null, records: [] });
  });

  test('is for managers, for one of the project, and leaves a trace that the person finds', async () => {
    for (const [name, status] of [
      ['admin', 200],
      ['ann', 403],
      ['viewer', 403],
      ['stranger', 404],
    ] as const)
      expect([name, (await viewAs({ roles: ['viewer'] }, people[name])).statusCode]).toEqual([name, status]);
    for (const wrong of [
      {},
      { roles: ['nope'] },
      { member: people.stranger.user.id },
      { member: people.ann.user.id, roles: ['viewer'] },
    ])
      expect([wrong, (await viewAs(wrong)).statusCode]).toEqual([wrong, 400]);
    expect((await viewAs({ roles: ['viewer'], model: 'threads' })).statusCode).toBe(404);
    const { rows } = await server.deps.pool.query<{ topic: string; actor: string; data: object }>(
      `select topic, actor, data from piper.events where type = 'records.viewed-as' and topic = $1 limit 1`,
      [`user:${people.ann.user.id}`],
    );
    expect(rows).toMatchObject([{ actor: `user:${people.owner.user.id}`, data: { member: people.ann.user.id } }]);
  });
});

describe('why not', () => {
  const why = async (body: object, who: TestUser = people.owner) =>
    (await who.browser.post(`${base}/why`, { model: 'tickets', ...body })).json().data;

  test('names the rule that allows, and the one that refuses by its filter', async () => {
    const as = { member: people.ann.user.id };
    expect(await why({ ...as, action: 'read', id: annsId })).toMatchObject({
      allowed: true,
      sentence: 'Rule 2 "Own tickets" (own) allows it.',
    });
    const refused = await why({ ...as, action: 'read', id: bobsId });
    expect(refused).toMatchObject({
      allowed: false,
      sentence: 'Rule 2 "Own tickets" (own): Its filter does not hold for this record.',
      rules: [
        { rule: 'manage', index: 1, applies: false, sentence: 'It is for "owner", "admin" only.' },
        { rule: 'own', index: 2, applies: true, filterHolds: false },
      ],
    });
    expect(await why({ ...as, action: 'update', id: bobsId })).toMatchObject({
      allowed: false,
      sentence: 'They may not see this record: no rule to read it holds.',
    });
    expect(await why({ ...as, action: 'read', id: '00000000-0000-7000-8000-000000000000' })).toMatchObject({
      allowed: false,
      sentence: 'There is no such record.',
    });
  });

  test('names the check, the field and the missing rule', async () => {
    const as = { member: people.ann.user.id };
    expect(await why({ ...as, action: 'update', id: annsId, values: { state: 'closed' } })).toMatchObject({
      allowed: false,
      sentence: 'Rule 4 (work): Its check does not hold for the record as it would be.',
      rules: [{ rule: 'work', filterHolds: true, checkHolds: false }],
    });
    expect(await why({ ...as, action: 'update', id: annsId, values: { state: 'open', budget: 1 } })).toMatchObject({
      allowed: false,
      sentence: 'No rule that holds here lets "MEMBER", "member" update "budget".',
    });
    expect(await why({ roles: ['viewer'], action: 'delete', id: annsId })).toMatchObject({
      allowed: false,
      sentence: 'No rule lets "MEMBER", "viewer" delete Tickets.',
    });
    expect(await why({ ...as, action: 'create', values: { title: 'x' } })).toMatchObject({ allowed: true });
    expect(await why({ me: true, action: 'delete', id: annsId })).toMatchObject({ allowed: true });
    expect(await why({ ...as, action: 'create', values: { title: 'x', assignee: crypto.randomUUID() } })).toMatchObject({
      allowed: false,
      sentence: '"assignee" names a record that they may not see.',
    });
  });

  test('is for managers', async () => {
    for (const [name, status] of [
      ['admin', 200],
      ['ann', 403],
      ['stranger', 404],
    ] as const) {
      const reply = await people[name].browser.post(`${base}/why`, { model: 'tickets', me: true, action: 'read', id: annsId });
      expect([name, reply.statusCode]).toEqual([name, status]);
    }
  });

  test('stands in a refusal, for managers only', async () => {
    const refused = await people.admin.browser.patch(`${base}/items/tickets/${annsId}`, { title: 'x' });
    expect(refused.json().error).toMatchObject({
      code: 'forbidden',
      details: [{ message: 'Rule 4 (work): Its filter does not hold for this record.' }],
    });
    expect((await people.admin.browser.delete(`${base}/items/tickets/${annsId}`)).json().error.details[0].message).toContain(
      'No rule lets',
    );
    const closed = await people.ann.browser.patch(`${base}/items/tickets/${annsId}`, { state: 'closed' });
    expect([closed.statusCode, closed.json().error.code, closed.json().error.details]).toEqual([403, 'forbidden', undefined]);
  });
});

describe('permission tests', () => {
  const tests = () => `${base}/permission-tests`;
  const make = (body: object, who: TestUser = people.owner) =>
    who.browser.post(tests(), { name: 't', as: { member: people.ann.user.id }, model: 'tickets', ...body });
  const run = async () => (await people.owner.browser.post(`${tests()}/run`)).json();

  test('are kept, changed, deleted and run, and leave nothing behind', async () => {
    const all = [
      { name: 'reads own', action: 'read', record: { id: annsId }, expect: 'allowed' },
      { name: 'reads no other', action: 'read', record: { filter: { title: { _eq: 'Bob’s' } } }, expect: 'refused' },
      { name: 'no budget', action: 'read', record: { id: annsId }, fields: ['budget'], expect: 'refused' },
      { name: 'works', action: 'update', record: { id: annsId, values: { title: 'changed' } }, expect: 'allowed' },
      { name: 'does not close', action: 'update', record: { id: annsId, values: { state: 'closed' } }, expect: 'refused' },
      { name: 'makes', action: 'create', record: { values: { title: 'made' } }, expect: 'allowed' },
      { name: 'wipes', action: 'delete', as: { roles: ['owner'] }, record: { filter: {} }, expect: 'allowed' },
      { name: 'members do not wipe', action: 'delete', as: { roles: ['member'] }, record: { filter: {} }, expect: 'refused' },
    ];
    for (const one of all) expect([one.name, (await make(one)).statusCode]).toEqual([one.name, 201]);
    const { data, meta } = await run();
    expect(data.map(({ name, outcome, sentence }: Record<string, string>) => [name, outcome, sentence])).toEqual(
      all.map(({ name, expect: expected }) => [name, 'passed', expected === 'allowed' ? 'It is allowed.' : 'It is refused.']),
    );
    expect(meta).toEqual({ passed: 8, failed: 0, broken: 0 });
    const records = (await people.owner.browser.get(`${base}/items/tickets?fields=title,version&sort=title`)).json().data;
    expect(records).toEqual([
      { title: 'Ann’s', version: 1 },
      { title: 'Bob’s', version: 1 },
    ]);
    const { rows } = await server.deps.pool.query(
      `select 1 from piper.events where data #>> '{after,title}' in ('made', 'changed')`,
    );
    expect(rows).toEqual([]);
  });

  test('a failing one says which rule it is, a senseless one that it says nothing', async () => {
    const { id } = (await make({ name: 'wrong', action: 'read', record: { id: bobsId }, expect: 'allowed' })).json().data;
    const gone = (
      await make({ name: 'gone', action: 'read', record: { filter: { title: { _eq: 'nothing' } } }, expect: 'refused' })
    ).json().data.id;
    const lost = (await make({ name: 'lost', action: 'delete', record: { id: crypto.randomUUID() }, expect: 'refused' })).json()
      .data.id;
    const typo = (await make({ name: 'typo', action: 'create', record: { values: { titel: 'x' } }, expect: 'refused' })).json()
      .data.id;
    const { data } = await run();
    const outcomeOf = (test: string) => data.find((each: { test: string }) => each.test === test);
    expect(outcomeOf(id)).toMatchObject({
      outcome: 'failed',
      sentence: `It is refused, and should be allowed (record ${bobsId}). Rule 2 "Own tickets" (own): Its filter does not hold for this record.`,
    });
    expect(outcomeOf(gone)).toMatchObject({ outcome: 'broken', sentence: 'There is no record to try it with.' });
    expect(outcomeOf(lost)).toMatchObject({ outcome: 'broken', sentence: 'There is no record to try it with.' });
    expect(outcomeOf(typo)).toMatchObject({ outcome: 'broken' });
    const changed = await people.owner.browser.patch(`${tests()}/${id}`, { expect: 'refused' });
    expect(changed.json().data).toMatchObject({ name: 'wrong', expect: 'refused', version: 2 });
    for (const fields of [['title'], []])
      expect((await people.owner.browser.patch(`${tests()}/${id}`, { fields })).json().data.fields).toEqual(fields[0] && fields);
    expect((await run()).meta.failed).toBe(0);
    for (const one of [gone, lost, typo]) expect((await people.owner.browser.delete(`${tests()}/${one}`)).statusCode).toBe(204);
    expect((await people.owner.browser.get(`${tests()}/${gone}`)).statusCode).toBe(404);
  });

  test('block a change of the rules that breaks them, naming them; nothing changes', async () => {
    const open = rules.map((rule) => (rule.id === 'own' ? { ...rule, filter: {} } : rule));
    const refused = await setRules(open);
    expect([refused.statusCode, refused.json().error]).toMatchObject([
      422,
      {
        code: 'permission_tests_failed',
        message: 'Permission tests would fail: "reads no other", "wrong".',
        details: [{ outcome: 'failed' }, {}],
      },
    ]);
    expect((await people.ann.browser.get(`${base}/items/tickets`)).json().data).toHaveLength(1);
    const harmless = rules.map((rule) => (rule.id === 'wipe' ? { ...rule, roles: ['owner', 'admin'] } : rule));
    expect((await setRules(harmless)).statusCode).toBe(200);
    expect((await setRules(rules)).statusCode).toBe(200);
  });

  test('are tried before columns change too; what is not there yet does not count', async () => {
    const id = await modelId();
    const added = await people.owner.browser.post(`/api/models/${id}/fields`, { type: 'text', label: 'Note', key: 'note' });
    expect(added.statusCode).toBe(201);
    expect((await people.owner.browser.patch(`/api/models/${id}/fields/title`, { key: 'subject' })).statusCode).toBe(200);
    const { data, meta } = await run();
    // What the tests name follows, as the rules do.
    expect(meta).toMatchObject({ failed: 0, broken: 0 });
    const kept = (await people.owner.browser.get(tests())).json().data;
    const named = (name: string) => kept.find((each: { name: string }) => each.name === name).record;
    expect([data.length, named('makes'), named('reads no other')]).toEqual([
      kept.length,
      { values: { subject: 'made' } },
      { filter: { subject: { _eq: 'Bob’s' } } },
    ]);
    await people.owner.browser.patch(`/api/models/${id}/fields/subject`, { key: 'title' });
  });

  test('are for managers, bounded and whole', async () => {
    const body = { action: 'read', record: { id: annsId }, expect: 'allowed' };
    for (const [name, status] of [
      ['admin', 201],
      ['ann', 403],
      ['stranger', 404],
    ] as const) {
      expect([name, (await make(body, people[name])).statusCode]).toEqual([name, status]);
      expect((await people[name].browser.get(tests())).statusCode).toBe(status === 201 ? 200 : status);
    }
    const wrong = [
      { ...body, as: {} },
      { ...body, record: {} },
      { ...body, record: { id: annsId, filter: {} } },
      { ...body, record: { id: annsId, values: {} } },
      { ...body, action: 'create' },
      { ...body, expect: 'maybe' },
    ];
    for (const one of wrong) expect([one, (await make(one)).statusCode]).toEqual([one, 400]);
  });
});

describe('advice', () => {
  test('proposes the index that a filter over many records lacks, and no more once it is there', async () => {
    const id = await modelId();
    const { rows } = await server.deps.pool.query<{ definition: { table: string } }>(
      `select definition from piper.data_models where id = $1`,
      [id],
    );
    const table = rows[0]!.definition.table;
    await server.deps.pool.query(
      `insert into ${table} (id, title, state, created_at, updated_at, version) select gen_random_uuid(), 'n' || n, 's' || n % 5000, now(), now(), 1 from generate_series(1, 20000) n`,
    );
    await server.deps.pool.query(`analyze ${table}`);
    const ask = async (body: object) => {
      const reply = await people.owner.browser.post(`/api/models/${id}/advice`, body);
      expect(reply.statusCode).toBe(200);
      return reply.json().data;
    };
    const advice = await ask({ filter: { state: { _eq: 's7' } }, sort: ['title'] });
    expect(advice).toMatchObject([{ model: 'tickets', fields: ['state', 'title'], action: { do: 'create-index' } }]);
    expect(advice[0].sentence).toMatch(
      /^This reads all of the about 20,00\d Tickets\. An index over "State", then "Title" would spare it\.$/,
    );
    // Who may not know the rules learns from advice neither what they compare nor how many records there are.
    const ofAnn = (body: object) => people.ann.browser.post(`/api/models/${id}/advice`, body);
    expect((await ofAnn({})).json().data).toEqual([]);
    expect((await ofAnn({ filter: { state: { _eq: 's7' } } })).body).not.toMatch(/20,00|owner|assignee/i);
    const late: Rule[] = [
      ...rules,
      { id: 'late', action: 'read', roles: ['viewer'], filter: { state: { _eq: 's9' } }, fields: '*' },
    ];
    const set = { do: 'set-rules', model: id, rules: late };
    const preview = async (actions: object[]) => {
      const reply = await people.owner.browser.post(`/api/projects/${project.id}/change-sets/preview`, { actions });
      expect(reply.statusCode).toBe(200);
      return reply.json().data.advice;
    };
    const [ahead] = await preview([set]);
    expect(ahead).toMatchObject({ model: 'tickets', fields: expect.arrayContaining(['state']) });
    // Its action can join the others: then nothing is lacking.
    expect(await preview([set, ahead.action])).toEqual([]);
    const changed = await setRules(late);
    expect(changed.json().meta.advice).toMatchObject([{ fields: expect.arrayContaining(['state']) }]);
    await applyActions(ctxFor(server.deps, system, 'test'), project.id, [advice[0].action]);
    await server.deps.pool.query(`analyze ${table}`);
    expect(await ask({ filter: { state: { _eq: 's7' } }, sort: ['title'] })).toEqual([]);
    expect((await people.stranger.browser.post(`/api/models/${id}/advice`, {})).statusCode).toBe(404);
  });
});
