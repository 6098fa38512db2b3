/** Every field type through every kind of change, at once and beside the work on the table. */
import { beforeAll, describe, expect, test } from 'vitest';
import { fieldTypes } from '@piper/shared/fields/index';
import type { ModelAction, NewField } from '@piper/shared/data-models';
import { addProject, addUser } from '../../../../test/actors.ts';
import { useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor, type Ctx } from '#platform/ctx';
import { undoChangeSet } from './change-sets.history.ts';
import { applyChangeSet, type ApplyOptions } from './change-sets.service.ts';
import { loadDefinitions } from './definitions.repo.ts';
import { physicalOf } from './plan/physical.ts';

const server = useTestServer();
let ctx: Ctx;
let userId: string;

beforeAll(async () => {
  ctx = ctxFor(server.deps, system, 'test');
  userId = (await addUser(server.deps.db)).userId;
});

const choices = { choices: [{ value: '1', label: 'One' }] };
const special: Record<string, Partial<NewField>> = {
  select: { options: choices },
  'multi-select': { options: choices },
  currency: { options: { currency: 'EUR' } },
  relation: { relation: { kind: 'many-to-one', target: 'people' } },
};
const computed = new Set(['formula', 'lookup', 'rollup', 'any-relation']);
const types = [...fieldTypes.keys()].filter((type) => !computed.has(type));
const keyOf = (type: string): string => `a_${type.replaceAll('-', '_')}`;
const fieldOf = (type: string): NewField => ({ type, label: type, key: keyOf(type), ...special[type] });

/** Where what PostgreSQL has is not what the definitions ask for. */
async function differences(projectId: string): Promise<unknown[]> {
  const { models } = await loadDefinitions(server.deps.db, projectId);
  const found: unknown[] = [];
  for (const table of physicalOf(models).values()) {
    const name = `${table.schema}.${table.name}`;
    const ask = async (query: string): Promise<string[]> =>
      (await server.deps.pool.query<{ name: string }>(query, [name])).rows.map((row) => row.name.split('.').at(-1)!).toSorted();
    const there = {
      columns: await ask(
        `select attname || case when attnotnull then '!' else '' end as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
      ),
      indexes: await ask(
        `select indexrelid::regclass::text as name from pg_index where indrelid = to_regclass($1) and indisvalid and not indisprimary`,
      ),
      constraints: await ask(
        `select conname as name from pg_constraint where conrelid = to_regclass($1) and contype in ('f', 'c') and convalidated`,
      ),
      triggers: await ask(`select tgname as name from pg_trigger where tgrelid = to_regclass($1) and not tgisinternal`),
    };
    const wanted = {
      columns: [...table.columns.values()].map((column) => `${column.name}${column.required ? '!' : ''}`).toSorted(),
      indexes: table.indexes.map((index) => index.name).toSorted(),
      constraints: table.keys.map((key) => key.name).toSorted(),
      triggers: [],
    };
    if (JSON.stringify(there) !== JSON.stringify(wanted)) found.push({ name, there, wanted });
  }
  return found;
}

describe.each<[string, ApplyOptions]>([
  ['at once', {}],
  ['beside the work', { smallTableBytes: 0 }],
])('%s', (_how, options) => {
  let projectId: string;
  const apply = (actions: ModelAction[]) => applyChangeSet(ctx, projectId, actions, { wait: 60_000, ...options });
  const undo = (id: string) => undoChangeSet(ctx, projectId, id, { wait: 60_000, ...options });

  beforeAll(async () => {
    projectId = (await addProject(server.deps.db, { [userId]: 'owner' })).id;
    await apply([
      { do: 'create-model', model: { label: 'Person', key: 'people', fields: [{ type: 'text', label: 'Name' }] } },
      { do: 'create-model', model: { label: 'Thing', key: 'things', fields: [{ type: 'text', label: 'Name', key: 'name' }] } },
    ]);
    const { models } = await loadDefinitions(server.deps.db, projectId);
    const table = models.find((model) => model.key === 'things')!.table;
    await server.deps.pool.query(
      `insert into ${table} (id, name) select gen_random_uuid(), n::text from generate_series(1, 20) n`,
    );
  });

  test('each is added to a table with records, and taken away again', { timeout: 60_000 }, async () => {
    const { id } = await apply(types.map((type): ModelAction => ({ do: 'create-field', model: 'things', field: fieldOf(type) })));
    expect(await differences(projectId)).toEqual([]);
    await undo(id);
    expect(await differences(projectId)).toEqual([]);
  });

  test.each(types.filter((type) => type !== 'text'))(
    'a text becomes %s, and what it was again',
    { timeout: 60_000 },
    async (type) => {
      const { key: _key, label: _label, relation, ...rest } = fieldOf(type);
      const to = relation ? { relation } : {};
      const change = { do: 'update-field', model: 'things', field: 'name', changes: { ...rest, ...to } } as ModelAction;
      const { id } = await apply([change]);
      expect(await differences(projectId)).toEqual([]);
      await undo(id);
      expect(await differences(projectId)).toEqual([]);
      const { models } = await loadDefinitions(server.deps.db, projectId);
      const model = models.find((one) => one.key === 'things')!;
      const { rows } = await server.deps.pool.query<{ name: string }>(
        `select "${model.fields.find((field) => field.key === 'name')!.column}" as name from ${model.table}`,
      );
      // Also what did not convert: it was not changed since.
      expect(rows.map((row) => Number(row.name)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    },
  );

  test('relations of all kinds come, go with their model and come back', { timeout: 60_000 }, async () => {
    await apply([
      {
        do: 'create-field',
        model: 'things',
        field: {
          type: 'relation',
          label: 'Owner',
          key: 'owner',
          relation: { kind: 'many-to-one', target: 'people', reverse: { label: 'Things' } },
        },
      },
      {
        do: 'create-field',
        model: 'things',
        field: { type: 'relation', label: 'Users', key: 'used_by', relation: { kind: 'many-to-many', target: 'people' } },
      },
      {
        do: 'create-field',
        model: 'things',
        field: {
          type: 'relation',
          label: 'Part of',
          key: 'part_of',
          relation: { kind: 'many-to-one', target: 'things', onDelete: 'cascade' },
        },
      },
    ]);
    expect(await differences(projectId)).toEqual([]);
    const { id } = await apply([{ do: 'delete-model', model: 'people' }]);
    expect(await differences(projectId)).toEqual([]);
    await undo(id);
    expect(await differences(projectId)).toEqual([]);
    await apply([{ do: 'delete-model', model: 'people' }]);
    await apply([{ do: 'restore-model', model: 'people' }]);
    expect(await differences(projectId)).toEqual([]);
  });

  test('what comes back leads nowhere where the other record is gone', { timeout: 60_000 }, async () => {
    const query = (text: string) => server.deps.pool.query<{ n: number }>(text);
    const { models } = await loadDefinitions(server.deps.db, projectId);
    const table = (key: string): string => models.find((model) => model.key === key)!.table;
    const owner = models.find((model) => model.key === 'things')!.fields.find((field) => field.key === 'owner')!;
    await query(`insert into ${table('people')} (id, name) select gen_random_uuid(), n::text from generate_series(1, 2) n`);
    await query(
      `update ${table('things')} t set "${owner.column}" = (select id from ${table('people')} p where p.name = (t.name::int % 2 + 1)::text)`,
    );
    const { id } = await apply([{ do: 'delete-field', model: 'things', field: 'owner' }]);
    await query(`delete from ${table('people')} where name = '1'`);
    await undo(id);
    expect(await differences(projectId)).toEqual([]);
    const { rows } = await query(`select count("${owner.column}")::int as n from ${table('things')}`);
    expect(rows).toEqual([{ n: 10 }]);
  });

  test('records are numbered, required fields filled, and models swap their names', { timeout: 60_000 }, async () => {
    await apply([
      { do: 'create-field', model: 'things', field: { type: 'auto-number', label: 'Number', key: 'number', unique: true } },
      {
        do: 'create-field',
        model: 'things',
        field: { type: 'boolean', label: 'Done', key: 'done', required: true, default: false },
      },
      { do: 'update-model', model: 'people', changes: { key: 'spare' } },
      { do: 'update-model', model: 'things', changes: { key: 'people' } },
      { do: 'update-model', model: 'spare', changes: { key: 'things' } },
    ]);
    expect(await differences(projectId)).toEqual([]);
    const { models } = await loadDefinitions(server.deps.db, projectId);
    const things = models.find((model) => model.key === 'people')!;
    const { rows } = await server.deps.pool.query(
      `select count(distinct number)::int as numbers, bool_or(done) as done from ${things.table}`,
    );
    expect(rows).toEqual([{ numbers: 20, done: false }]);
  });
});
