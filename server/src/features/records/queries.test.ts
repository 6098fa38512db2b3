/** Queries at the edges of what definitions and values may be. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Rule } from '@piper/shared/data-model';
import { compareText } from '@piper/shared/fields/text/index';
import { addMember, registerUser, type TestUser } from '../../../../test/accounts.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { addModels, createRecordsProject, model, text, toMany, toOne, type RecordsProject } from '../../../../test/records.ts';

const server = useTestServer();
let place: RecordsProject;
const ofOwners: Rule[] = [{ id: 'all', action: 'read', roles: ['owner'], filter: {}, fields: '*' }];

/** The longest key a field may have, and room for nothing before or after it. */
const long = (start: string): string => start.padEnd(63, 'x');

interface Reply {
  data: Record<string, unknown>[];
  meta: { nextCursor?: string | null };
  error?: { code: string; message: string };
}

async function list(name: string, query: Record<string, unknown>, who: TestUser = place.owner): Promise<Reply> {
  const words = Object.entries(query).map(
    ([key, value]) => `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`,
  );
  return (await who.browser.get(place.at(name, `?${words.join('&')}`))).json<Reply>();
}

async function create(name: string, data: Record<string, unknown>): Promise<string> {
  const reply = await place.owner.browser.post(place.at(name), data);
  expect([reply.statusCode, reply.body]).toEqual([200, expect.any(String)]);
  return reply.json<{ data: { id: string } }>().data.id;
}

beforeAll(async () => {
  place = await createRecordsProject(server, [
    model('tags', [text('name'), toOne('parent', 'tags')]),
    model('folders', [text('name')]),
    model('secrets', [text('name'), toOne('folder', 'folders', { reverse: 'secrets' })], { rules: ofOwners }),
    model('notices', [
      text('name'),
      {
        type: 'multi-select',
        key: 'for',
        options: { choices: ['owner', 'viewer', 'Somebody', 'all'].map((value) => ({ value })) },
      },
    ]),
    model('books', [
      text('name'),
      { type: 'boolean', key: 'open' },
      { type: 'date', key: long('date') },
      { type: 'any-relation', key: 'about', relation: { kind: 'any', targets: ['tags'] } },
      toOne(long('tag'), 'tags'),
      toMany(long('tags'), 'tags'),
    ]),
  ]);
});

describe('keys of 63 bytes', () => {
  beforeAll(async () => {
    const tag = await create('tags', { name: 'one' });
    await create('books', { name: 'long', [long('date')]: '2026-02-03', [long('tag')]: tag, [long('tags')]: [tag] });
  });

  test('lead over their relations', async () => {
    const { data } = await list('books', {
      fields: [`${long('tag')}.name`, `${long('tags')}.name`],
      filter: { name: { _eq: 'long' } },
    });
    expect(data).toEqual([{ [long('tag')]: { name: 'one' }, [long('tags')]: [{ name: 'one' }] }]);
  });

  test('have functions, whose names in the reply are longer still', async () => {
    const { data } = await list('books', {
      fields: [`year(${long('date')})`, `weekday(${long('date')})`, `count(${long('tags')})`],
      filter: { name: { _eq: 'long' } },
    });
    expect(data).toEqual([{ [`${long('date')}_year`]: 2026, [`${long('date')}_weekday`]: 2, [`${long('tags')}_count`]: 1 }]);
    const query = { aggregate: { count: '*' }, groupBy: `year(${long('date')})`, filter: { name: { _eq: 'long' } } };
    expect((await list('books', query)).data).toEqual([{ [`${long('date')}_year`]: 2026, count: 1 }]);
  });
});

describe('cursors', () => {
  test.each([
    ['id', ['x', null]],
    ['-id', ['x', null]],
    ['name,id', ['x', 'a', null]],
  ])('by %s without a value that is never missing are refused', async (sort, parts) => {
    const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url');
    expect((await list('books', { sort, cursor })).error).toMatchObject({ code: 'bad_cursor' });
  });

  test('by the id of a record of the same model lose none', async () => {
    const parent = await create('tags', { name: 'parent' });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create('tags', { name: `child ${name}`, parent });
    const query = { sort: 'parent.id', filter: { parent: { _eq: parent } }, fields: 'name', limit: 2 };
    const names: unknown[] = [];
    for (let cursor: string | null | undefined = undefined; cursor !== null && names.length < 9;) {
      const page: Reply = await list('tags', cursor === undefined ? query : { ...query, cursor });
      names.push(...page.data.map(({ name }) => name));
      cursor = page.meta.nextCursor;
    }
    expect(names.sort()).toEqual(['child a', 'child b', 'child c', 'child d', 'child e']);
  });

  test('go on after values of any length', async () => {
    const names = ['1', '2', '3'].map((end) => '語'.repeat(9_999) + end);
    for (const name of names) await create('tags', { name });
    const query = { sort: 'name', filter: { name: { _starts_with: '語' } }, limit: 1, fields: 'name' };
    const first = await list('tags', query);
    expect(first.error ?? first.data).toEqual([{ name: names[0] }]);
    const second = await list('tags', { ...query, cursor: first.meta.nextCursor });
    expect(second.error ?? second.data).toEqual([{ name: names[1] }]);
  });
});

describe('regular expressions mean what JavaScript means', () => {
  const named = (names: string[]) => ({ name: { _in: names } });
  const samples = ['foo bar', 'foobar', 'a foo', 'Ab', '\b', 'B', '😀', 'x1'];
  beforeAll(async () => {
    for (const name of samples) await create('folders', { name });
  });

  test.each([
    [String.raw`\bfoo\b`],
    [String.raw`foo\B`],
    [String.raw`[\b]`],
    [String.raw`[x\]\b]`],
    [String.raw`\x41b`],
    [String.raw`[\x41]`],
    [String.raw`^\u{1F600}$`],
    [String.raw`^[\ud83d\ude00]$`],
    [String.raw`^\u0042$`],
    [String.raw`\\b|1$`],
  ])('%s', async (source) => {
    const form = new RegExp(source, 'u');
    const ask = async (operator: string): Promise<unknown> => {
      const { data, error } = await list('folders', {
        filter: { _and: [named(samples), { name: { [operator]: source } }] },
        fields: 'name',
        sort: 'name',
      });
      return error ?? data.map(({ name }) => name);
    };
    const [fitting, others] = [samples.filter((name) => form.test(name)), samples.filter((name) => !form.test(name))];
    expect([await ask('_regex'), await ask('_nregex')]).toEqual([fitting.sort(compareText), others.sort(compareText)]);
  });
});

describe('variables', () => {
  beforeAll(async () => {
    const notices = { owners: ['owner'], viewers: ['viewer'], mine: ['viewer', 'Somebody'], anyones: ['all'], nobodys: [] };
    for (const [name, to] of Object.entries(notices)) await create('notices', { name, for: to });
    await create('notices', { name: 'unsaid' });
    for (const name of ['$NOW', '$CURRENT_USER', '$x', '$$x']) await create('notices', { name });
  });

  const found = async (filter: object): Promise<unknown> => {
    const { data, error } = await list('notices', { filter, fields: 'name', sort: 'name' });
    return error?.code ?? data.map(({ name }) => name).join(' ');
  };

  test.each<[object, string]>([
    [{ for: { _intersects: '$CURRENT_ROLES' } }, 'owners'],
    [{ for: { _intersects: ['$CURRENT_ROLES', 'all'] } }, 'anyones owners'],
    [{ for: { _intersects: ['$CURRENT_USER.name', 'all'] } }, 'anyones mine'],
    [{ for: { _intersects: 'all,Somebody' } }, 'anyones mine'],
    [{ for: { _nintersects: '$CURRENT_ROLES' } }, 'anyones mine nobodys viewers'],
    [{ for: { _nintersects: ['$CURRENT_USER.name', 'all'] } }, 'nobodys owners viewers'],
    [{ for: { _nintersects: ['$CURRENT_PROJECT', 'all'] } }, ''],
    [{ for: { _contains: '$CURRENT_USER.name' } }, 'mine'],
    [{ for: { _ncontains: '$CURRENT_USER.name' } }, 'anyones nobodys owners viewers'],
    [{ for: { _eq: 'viewer,Somebody' } }, 'mine'],
    [{ name: { _in: ['mine', '$CURRENT_USER.name'] } }, 'mine'],
    [{ name: { _nstarts_with: '$CURRENT_USER.name', _nin: ['$CURRENT_ROLES'], _contains: 'wn' } }, 'owners'],
  ])('%j', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  test.each([
    { for: { _contains: '$CURRENT_ROLES' } },
    { for: { _eq: '$CURRENT_USER.role' } },
    { for: { _eq: ['$CURRENT_USER.role'] } },
    { for: { _intersects: '$CURRENT_USER' } },
    { for: { _intersects: '$CURRENT_USER.name' } },
    { for: { _intersects: ['$CURRENT_USER.createdAt'] } },
    { name: { _between: ['$CURRENT_ROLES', 'x'] } },
  ])('%j is refused', async (filter) => {
    expect(await found(filter)).toBe('bad_filter');
  });

  test.each<[object, string]>([
    [{ name: { _eq: '$$NOW' } }, '$NOW'],
    [{ name: { _in: ['$$CURRENT_USER', '$$NOW'] } }, '$CURRENT_USER $NOW'],
    [{ name: { _in: '$$NOW,$x' } }, '$NOW $x'],
    [{ name: { _in: ['$CURRENT_USER.name', '$$NOW'] } }, '$NOW'],
    [{ name: { _contains: '$$NO' } }, '$NOW'],
    [{ name: { _eq: '$x' } }, '$x'],
    [{ name: { _eq: '$$x' } }, '$x'],
    [{ name: { _eq: '$$$x' } }, '$$x'],
    [{ name: { _eq: '$NOWHERE' } }, 'bad_filter'],
    [{ name: { _neq: '$CURRENT_USR.name' } }, 'bad_filter'],
    [{ name: { _in: ['x', '$CURRENT'] } }, 'bad_filter'],
  ])('a text that begins with $: %j', async (filter, names) => {
    expect(await found(filter)).toBe(names);
  });

  test('nor is a preset that begins with $$ one', async () => {
    const rules: Rule[] = (['read', 'create'] as const).map((action) => ({
      id: action,
      action,
      filter: {},
      fields: '*',
      ...(action === 'create' && { presets: { name: '$$CURRENT_USER' } }),
    }));
    await addModels(server, place.project.id, [model('preset', [text('name')], { rules })]);
    const id = await create('preset', {});
    expect((await list('preset', { fields: 'id,name' })).data).toEqual([{ id, name: '$CURRENT_USER' }]);
  });
});

describe('values that are no values', () => {
  test.each([
    { name: { _null: { toString: 1 } } },
    { name: { _empty: { valueOf: null, toString: null } } },
    { open: { _eq: { toString: 1 } } },
    { open: { _eq: 'constructor' } },
    { open: { _in: ['__proto__'] } },
  ])('%j is refused', async (filter) => {
    expect((await list('books', { filter })).error).toMatchObject({ code: 'bad_filter' });
  });

  test.each(['true', '1', 1, true])('%j is true', async (value) => {
    expect((await list('books', { filter: { open: { _eq: value } } })).data).toEqual([]);
  });
});

describe('deep', () => {
  test.each([{ _limit: 3 }, { _filtre: {} }, { [long('tags')]: { _filtre: {} } }])('%j is refused', async (deep) => {
    const { error } = await list('books', { fields: `*,${long('tags')}.name`, deep });
    expect(error).toMatchObject({ code: 'validation_failed', message: expect.stringContaining('is no parameter of a relation') });
  });
});

test('groups by records of several models name the model as records do', async () => {
  const tag = await create('tags', { name: 'grouped' });
  await create('books', { name: 'about', about: { model: 'tags', id: tag } });
  const { data } = await list('books', { aggregate: { count: '*' }, groupBy: 'about', filter: { name: { _eq: 'about' } } });
  expect(data).toEqual([{ about: { model: 'tags', id: tag }, count: 1 }]);
});

test('a list of records that somebody may never see is not there for them', async () => {
  const ann = await registerUser(server);
  await addMember(place.owner, place.project, ann);
  await create('folders', { name: 'one' });
  expect((await list('folders', { fields: '*,secrets', filter: { name: { _eq: 'one' } } })).data).toMatchObject([
    { name: 'one', secrets: [] },
  ]);
  for (const query of [{ fields: '*,secrets' }, { fields: 'secrets.name' }, { filter: { secrets: { _null: true } } }]) {
    const { error } = await list('folders', query, ann);
    expect(error).toMatchObject({ code: 'unknown_field', message: expect.stringContaining('"secrets') });
  }
  const definition = await ann.browser.get(`/api/models/folders?project=${place.project.id}`);
  const keys = definition.json<{ data: { fields: { key: string }[] } }>().data.fields.map(({ key }) => key);
  expect([keys.includes('name'), keys.includes('secrets')]).toEqual([true, false]);
});

describe('*.*', () => {
  test('goes over every relation, lists too', async () => {
    const tag = await create('tags', { name: 'starred' });
    await create('books', { name: 'stars', about: { model: 'tags', id: tag }, [long('tag')]: tag, [long('tags')]: [tag] });
    const query = { filter: { name: { _eq: 'stars' } } };
    const [book] = (await list('books', { ...query, fields: '*.*' })).data;
    const whole = { id: tag, name: 'starred', version: 1 };
    expect(book).toMatchObject({
      name: 'stars',
      about: { $model: 'tags', ...whole },
      [long('tag')]: whole,
      [long('tags')]: [whole],
      createdBy: { id: place.owner.user.id },
    });
    expect((await list('books', { ...query, fields: '*.*.*' })).data).toMatchObject([
      { about: { createdBy: { id: place.owner.user.id } } },
    ]);
  });

  test('of a name goes over relations to what has it', async () => {
    const { data } = await list('books', { filter: { name: { _eq: 'stars' } }, fields: '*.parent' });
    expect(data).toMatchObject([{ about: { parent: null }, [long('tags')]: [{ parent: null }] }]);
    expect(data[0]!['createdBy']).toBe(place.owner.user.id);
    expect((await list('books', { fields: '*.nothing' })).error).toMatchObject({ code: 'unknown_field' });
  });
});
