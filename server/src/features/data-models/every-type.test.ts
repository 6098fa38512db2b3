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

/** What information_schema says is there, against what the definitions ask for. */
async function expectTrue(projectId: string): Promise<void> {
  const { models } = await loadDefinitions(server.deps.db, projectId);
  for (const table of physicalOf(models).values()) {
    const { rows } = await server.deps.pool.query<{ name: string; required: boolean }>(
      `select attname as name, attnotnull as required from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attname`,
      [`${table.schema}.${table.name}`],
    );
    const wanted = [...table.columns.values()].map(({ name, required }) => ({ name, required }));
    const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
    expect(rows.toSorted(byName)).toEqual(wanted.toSorted(byName));
    const { rows: indexes } = await server.deps.pool.query<{ name: string }>(
      `select indexrelid::regclass::text as name from pg_index where indrelid = to_regclass($1) and indisvalid and not indisprimary`,
      [`${table.schema}.${table.name}`],
    );
    const short = (name: string): string => name.split('.').at(-1)!;
    expect(indexes.map((row) => short(row.name)).toSorted()).toEqual(table.indexes.map((index) => index.name).toSorted());
    const { rows: keys } = await server.deps.pool.query<{ name: string }>(
      `select conname as name from pg_constraint where conrelid = to_regclass($1) and contype = 'f' and convalidated`,
      [`${table.schema}.${table.name}`],
    );
    expect(keys.map((row) => row.name).toSorted()).toEqual(table.keys.map((key) => key.name).toSorted());
  }
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
    await expectTrue(projectId);
    await undo(id);
    await expectTrue(projectId);
  });

  test.each(types.filter((type) => type !== 'text'))(
    'a text becomes %s, and what it was again',
    { timeout: 60_000 },
    async (type) => {
      const { key: _key, label: _label, relation, ...rest } = fieldOf(type);
      const to = relation ? { relation } : {};
      const change = { do: 'update-field', model: 'things', field: 'name', changes: { ...rest, ...to } } as ModelAction;
      const { id } = await apply([change]);
      await expectTrue(projectId);
      await undo(id);
      await expectTrue(projectId);
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
    await expectTrue(projectId);
    const { id } = await apply([{ do: 'delete-model', model: 'people' }]);
    await expectTrue(projectId);
    await undo(id);
    await expectTrue(projectId);
    await apply([{ do: 'delete-model', model: 'people' }]);
    await apply([{ do: 'restore-model', model: 'people' }]);
    await expectTrue(projectId);
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
    await expectTrue(projectId);
    const { models } = await loadDefinitions(server.deps.db, projectId);
    const things = models.find((model) => model.key === 'people')!;
    const { rows } = await server.deps.pool.query(
      `select count(distinct number)::int as numbers, bool_or(done) as done from ${things.table}`,
    );
    expect(rows).toEqual([{ numbers: 20, done: false }]);
  });
});
