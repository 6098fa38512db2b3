/** `<model id>/<record id>`: a pair of columns would be two to rename, index and drop. */
import { collated, compareOrdered, type ColumnType } from '../column-type.ts';

const part = (column: string, n: 1 | 2): string => `split_part(${column}, '/', ${n})`;

export const anyRelation: ColumnType = {
  name: 'any-relation',
  cast: 'text',
  sqlType: () => 'text collate "C"',
  compare: compareOrdered,
  order: collated,
  aggregates: [],
  toJson: (column) =>
    `(case when ${column} is not null then jsonb_build_object('model', ${part(column, 1)}, 'id', ${part(column, 2)}) end)`,
  toText: (column) => column,
  fromText: (text) => `(case when ${text} ~ '^[A-Za-z0-9_-]{1,80}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then ${text} end)`,
  read(value) {
    if (typeof value !== 'string') return value;
    const [model, id] = value.split('/');
    return { model, id };
  },
  write(value) {
    if (value === null) return null;
    const { model, id } = value as { model: string; id: string };
    return `${model}/${id}`;
  },
};
