/** Every field type meets every way to compute with it: what the definitions allow, PostgreSQL must take. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { DataModel, Field } from '@piper/shared/data-model';
import { fieldTypes } from '@piper/shared/fields/index';
import { isComputed, resolveComputed, valueTypes } from '@piper/shared/formula/index';
import { rollupFunctions } from '@piper/shared/formula/related';
import { dataModel, field } from '../../../../../test/declare.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { system } from '../../actor.ts';
import { ctxFor } from '../../ctx.ts';
import { newId } from '../../ids.ts';
import { openCatalogue } from '../catalogue.ts';
import { columnTypeOf } from '../fields/index.ts';
import { listRecords } from '../list.ts';

const modelOf = (key: string, fields: Field[]): DataModel => ({
  ...dataModel(key, [field('id', 'uuid', { required: true }), ...fields]),
  id: key,
  table: `piper.every_${key}`,
});
const keyOf = (type: string): string => type.replaceAll('-', '_');
const stored = [...fieldTypes.keys()].filter((type) => !isComputed({ id: '', key: '', label: '', type }));
const children = modelOf('children', [
  ...stored.map((type): Field => ({ id: keyOf(type), key: keyOf(type), column: `c_${keyOf(type)}`, type, label: type })),
  {
    id: 'parent',
    key: 'parent',
    column: 'parent',
    type: 'relation',
    label: 'parent',
    relation: { kind: 'many-to-one', target: 'parents', as: 'parent' },
  },
]);

const computed = (key: string, type: string, options: Record<string, unknown>): Field => ({
  id: key,
  key,
  type,
  label: key,
  options,
});
const asked = modelOf('parents', [
  {
    id: 'child',
    key: 'child',
    column: 'child',
    type: 'relation',
    label: 'child',
    relation: { kind: 'many-to-one', target: 'children', as: 'child' },
  },
  {
    id: 'list',
    key: 'list',
    type: 'relation',
    label: 'list',
    relation: { kind: 'one-to-many', target: 'children', by: 'parent' },
  },
  ...stored.map((type) => computed(`one_${keyOf(type)}`, 'lookup', { relation: 'child', field: keyOf(type) })),
  ...stored.map((type) => computed(`many_${keyOf(type)}`, 'lookup', { relation: 'list', field: keyOf(type) })),
  ...stored.flatMap((type) =>
    rollupFunctions.map((name) =>
      computed(`${name}_${keyOf(type)}`, 'rollup', { relation: 'list', field: keyOf(type), function: name }),
    ),
  ),
  ...stored.map((type) => computed(`text_${keyOf(type)}`, 'formula', { formula: `'' & {child.${keyOf(type)}}` })),
  ...stored.map((type) => computed(`lookup_text_${keyOf(type)}`, 'formula', { formula: `'' & {one_${keyOf(type)}}` })),
]);
const { results } = resolveComputed([asked, children], { find: () => undefined });
const parents: DataModel = {
  ...asked,
  fields: asked.fields.flatMap((field) => {
    if (!isComputed(field)) return [field];
    const result = results.get(field.id);
    return result === undefined ? [] : [{ ...field, result }];
  }),
};

const server = useTestServer({ features: [] });

test('the definitions allow what there is a meaning for', () => {
  const allowed = (prefix: string): string[] => stored.filter((type) => results.has(`${prefix}_${keyOf(type)}`));
  expect(allowed('one')).toEqual(stored.filter((type) => type !== 'any-relation'));
  expect(allowed('text')).toEqual(stored.filter((type) => valueTypes.has(type)));
  expect(allowed('sum')).toEqual(['integer', 'decimal', 'currency', 'percent', 'rating', 'auto-number', 'duration']);
  expect(allowed('and')).toEqual(['boolean']);
});

test('PostgreSQL takes every one of them, over nothing and over values', async () => {
  const create = async (model: DataModel): Promise<void> => {
    const columns = model.fields.flatMap((field) =>
      field.column ? [`${field.column} ${columnTypeOf(field).sqlType(field)}`] : [],
    );
    await sql.raw(`create table ${model.table} (${columns.join(', ')})`).execute(server.deps.db);
  };
  await create(children);
  await create(parents);
  const [one, two, child] = [newId(), newId(), newId()];
  const values = {
    id: child,
    parent: one,
    c_text: 'a',
    c_integer: 5,
    c_decimal: '1.50',
    c_boolean: true,
    c_date: '2026-01-31',
    c_date_time: '2026-01-31T10:00:00Z',
    c_time: '10:00:00',
    c_multi_select: ['x', 'y'],
    c_files: [child],
    c_user: child,
  };
  await sql`insert into piper.every_children select * from jsonb_populate_record(null::piper.every_children, ${JSON.stringify(values)}::jsonb)`.execute(
    server.deps.db,
  );
  await sql`insert into piper.every_parents (id, child) values (${one}, ${child}), (${two}, null)`.execute(server.deps.db);
  const ctx = ctxFor(server.deps, system, 'test');
  const catalogue = openCatalogue([{ model: children }, { model: parents }]);
  const over = { ...ctx, deps: { ...server.deps, catalogue } };
  const names = parents.fields.filter(isComputed).map(({ key }) => key);
  const found: Record<string, unknown>[] = [{}, {}];
  for (let i = 0; i < names.length; i += 50) {
    const { data } = await listRecords(over, 'parents', { fields: names.slice(i, i + 50), sort: 'id' });
    data.forEach((record, n) => Object.assign(found[n]!, record));
  }
  expect(found[0]).toMatchObject({
    one_text: 'a',
    many_decimal: ['1.50'],
    one_date: '2026-01-31',
    many_date_time: ['2026-01-31T10:00:00.000Z'],
    one_time: '10:00:00',
    one_multi_select: ['x', 'y'],
    one_files: [child],
    one_user: child,
    many_user: [child],
    sum_integer: 5,
    max_date: '2026-01-31',
    min_time: '10:00:00',
    or_boolean: true,
    countDistinct_multi_select: 1,
    text_multi_select: 'x, y',
    lookup_text_date_time: '2026-01-31T10:00:00.000Z',
  });
  expect(found[1]).toMatchObject({ one_text: null, many_text: [], sum_integer: 0, max_date: null, text_text: '' });
  for (const { key, result } of parents.fields.filter(isComputed)) {
    if (!fieldTypes.get(result!)!.sortable) continue;
    const { data } = await listRecords(over, 'parents', { fields: ['id'], sort: key, filter: { [key]: { _nnull: true } } });
    expect([key, data.length <= 2]).toEqual([key, true]);
  }
});
