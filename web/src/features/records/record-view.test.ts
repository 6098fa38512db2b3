import { expect, test } from 'vitest';
import type { VisibleField, VisibleModel } from '../../platform/records.ts';
import { shownFields } from './record-view.ts';

const field = (key: string, more: Partial<VisibleField> = {}): VisibleField => ({
  key,
  type: 'text',
  label: key,
  operators: ['_eq'],
  sortable: true,
  creatable: true,
  updatable: true,
  ...more,
});
const many = Array.from({ length: 12 }, (_, i) => field(`f${i}`));
const fields = [field('id'), ...many, field('name'), field('long', { onDemand: true }), field('deletedAt', { hidden: true })];
const model = { titleField: 'name', fields } as unknown as VisibleModel;
const keysOf = (view: Parameters<typeof shownFields>[1]) => shownFields(model, view).map(({ key }) => key);

test('a list shows the name and the first fields, or those that were chosen', () => {
  expect(keysOf({})).toEqual(['name', ...many.slice(0, 9).map(({ key }) => key)]);
  expect(keysOf({ deleted: true }).slice(0, 3)).toEqual(['name', 'deletedAt', 'f0']);
  expect(keysOf({ columns: 'long,name,f11,id,nothing' })).toEqual(['name', 'f11', 'long']);
});
