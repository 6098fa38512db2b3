import { expect, test } from 'vitest';
import type { VisibleField, VisibleModel } from '../../platform/records.ts';
import { bodyOf, decided, draftOf, rebased, undoOf, valueIn, withEdit } from './record-draft.ts';

const field = (key: string, more: Partial<VisibleField> = {}): VisibleField => ({
  key,
  type: 'text',
  label: key,
  operators: [],
  sortable: true,
  creatable: true,
  updatable: true,
  ...more,
});
const tags = field('tags', {
  type: 'relation',
  relation: { kind: 'many-to-many', target: 't', through: 'j', by: 'a', to: 'b' },
});
const model: VisibleModel = {
  id: 'm',
  key: 'm',
  label: 'Order',
  labelPlural: 'Orders',
  description: '',
  icon: '',
  titleField: 'name',
  search: [],
  defaultSort: [],
  verbs: ['list'],
  allowedActions: ['read'],
  fields: [field('name'), field('state', { default: 'open' }), tags],
};
const record = { id: 'r', version: 1, name: 'A', state: 'open', tags: [{ id: '1' }, { id: '2' }] };

test('a new record sends what was touched, emptied defaults included, and leaves the rest to rules', () => {
  const fresh = draftOf(model, undefined);
  expect(valueIn(fresh, model.fields[1]!)).toBe('open');
  expect(bodyOf(model, fresh)).toEqual({});
  const emptied = withEdit(withEdit(fresh, 'name', 'B'), 'state', null);
  expect(valueIn(emptied, model.fields[1]!)).toBeNull();
  expect(bodyOf(model, withEdit(emptied, 'tags', ['1']))).toEqual({ name: 'B', state: null, tags: ['1'] });
});

test('a change and its way back name only what differs; links are written as a difference', () => {
  const draft = withEdit(withEdit(draftOf(model, record), 'name', 'B'), 'tags', ['2', '3']);
  expect(bodyOf(model, draft)).toEqual({ name: 'B', tags: { update: ['3'], delete: ['1'] } });
  expect(undoOf(model, draft)).toEqual({ name: 'A', tags: { update: ['1'], delete: ['3'] } });
  expect(bodyOf(model, withEdit(withEdit(draft, 'name', 'A'), 'tags', ['1', '2']))).toEqual({});
});

test('what others changed meanwhile stays; the same field is left to decide', () => {
  const draft = withEdit(withEdit(draftOf(model, record), 'name', 'B'), 'tags', ['2', '3']);
  const elsewhere = rebased(model, draft, { ...record, version: 2, state: 'done', tags: ['2', '4'] });
  expect(elsewhere.conflicts).toEqual([]);
  expect(bodyOf(model, elsewhere)).toEqual({ name: 'B', tags: { update: ['3'], delete: [] } });
  expect(valueIn(elsewhere, model.fields[1]!)).toBe('done');

  const same = rebased(model, draft, { ...record, version: 2, name: 'C', tags: ['1', '2'] });
  expect(same.conflicts).toEqual(['name']);
  expect(bodyOf(model, decided(same, 'name', 'mine'))).toMatchObject({ name: 'B' });
  expect(bodyOf(model, decided(same, 'name', 'theirs'))).toEqual({ tags: { update: ['3'], delete: ['1'] } });
});
