/**
 * A small library whose models have every kind of relation, for tests of the engine: authors (with mentors), books, tags over a
 * junction, notes about authors or books. Members may not see everything; owners may. Tables stand in the schema `library`.
 */
import { sql } from 'kysely';
import type { DataModel, Field, Relation, Rule } from '@piper/shared/data-model';
import type { Db } from '../server/src/platform/db/db.ts';
import { defineFeature } from '../server/src/platform/feature.ts';

const field = (key: string, type: string, more: Partial<Field> = {}): Field => ({
  id: `f_${key}`,
  key,
  column: key,
  type,
  label: key,
  ...more,
});
const one = (key: string, target: string, more: Partial<Field> = {}): Field =>
  field(key, 'relation', { relation: { kind: 'many-to-one', target, as: key }, ...more });
function many(key: string, relation: Relation): Field {
  const { column: _column, ...rest } = field(key, 'relation', { relation, onDemand: true });
  return rest;
}

const everything: Rule = { action: 'read', roles: ['OWNER'], filter: {}, fields: '*' };
const members = (filter: Rule['filter'], fields: Rule['fields'] = '*'): Rule => ({
  action: 'read',
  roles: ['MEMBER'],
  filter,
  fields,
});

function model(key: string, fields: Field[], more: Partial<DataModel> = {}): DataModel {
  return {
    id: `m_${key}`,
    key,
    eventName: 'record',
    table: `library.${key}`,
    label: key,
    labelPlural: key,
    description: '',
    icon: 'x',
    titleField: 'id',
    search: ['name'],
    defaultSort: ['name'],
    scope: { deletedAt: { _null: true } },
    softDelete: 'deletedAt',
    topics: [],
    verbs: ['list', 'read'],
    rules: [everything, members({})],
    fields: [
      field('id', 'uuid', { id: 'id', required: true }),
      ...fields,
      field('deletedAt', 'date-time', { column: 'deleted_at', onDemand: true, hidden: true }),
    ],
    ...more,
  };
}

export const libraryModels: DataModel[] = [
  model(
    'authors',
    [
      field('name', 'text'),
      field('born', 'date'),
      field('salary', 'integer'),
      field('hidden', 'boolean'),
      one('mentor', 'm_authors'),
      many('students', { kind: 'one-to-many', target: 'm_authors', by: 'f_mentor' }),
      many('books', { kind: 'one-to-many', target: 'm_books', by: 'f_author' }),
    ],
    // Salaries are nobody's business.
    { rules: [everything, members({ hidden: { _eq: false } }, ['id', 'name', 'born', 'mentor', 'students', 'books'])] },
  ),
  model(
    'books',
    [
      field('name', 'text'),
      field('price', 'decimal'),
      field('pages', 'integer'),
      field('released', 'date-time'),
      field('opens', 'time'),
      field('secret', 'boolean'),
      one('author', 'm_authors'),
      field('covers', 'files', { relation: { kind: 'id-list', target: 'm_covers' } }),
      many('tags', { kind: 'many-to-many', target: 'm_tags', through: 'm_links', by: 'f_book', to: 'f_tag' }),
    ],
    { rules: [everything, members({ secret: { _eq: false } })] },
  ),
  model(
    'tags',
    [
      field('name', 'text'),
      field('closed', 'boolean'),
      one('owner', 'm_authors'),
      many('books', { kind: 'many-to-many', target: 'm_books', through: 'm_links', by: 'f_tag', to: 'f_book' }),
    ],
    { rules: [everything, members({ closed: { _eq: false } })] },
  ),
  // Nobody but owners reads the junction; who sees book and tag sees that they belong together.
  model('links', [one('book', 'm_books'), one('tag', 'm_tags')], {
    rules: [everything],
    isJunction: true,
    search: [],
    defaultSort: ['id'],
  }),
  model('covers', [field('name', 'text'), field('closed', 'boolean')], {
    rules: [everything, members({ closed: { _eq: false } })],
  }),
  model('notes', [
    field('name', 'text'),
    field('about', 'any-relation', { relation: { kind: 'any', targets: ['m_authors', 'm_books'] } }),
  ]),
  // A member sees all desks, but what is in them only of the own one, which bears their name.
  model(
    'desks',
    [
      field('name', 'text'),
      many('drawers', { kind: 'one-to-many', target: 'm_drawers', by: 'f_desk' }),
      many('papers', { kind: 'one-to-many', target: 'm_papers', by: 'f_desk' }),
    ],
    {
      verbs: ['list', 'read', 'create'],
      rules: [
        everything,
        members({}, ['id', 'name', 'papers']),
        members({ name: { _eq: '$CURRENT_USER.name' } }),
        { action: 'create', roles: ['MEMBER'], filter: {}, fields: [], presets: { name: '$CURRENT_USER.name' } },
      ],
    },
  ),
  model('drawers', [field('name', 'text'), one('desk', 'm_desks')]),
  // On which desk a paper lies no member may know.
  model('papers', [field('name', 'text'), one('desk', 'm_desks')], { rules: [everything, members({}, ['id', 'name'])] }),
];

/** Serves the models under `/api/<key>`. */
export const libraryFeature = defineFeature({
  name: 'test-library',
  systemModels: libraryModels.map((each) => ({ model: each })),
});

const id = (n: string, part: string): string => `('00000000-0000-7000-${part}-' || lpad((${n})::text, 12, '0'))::uuid`;

/** Tables and some hundred rows, the same every time. */
export async function fillLibrary(db: Db): Promise<void> {
  const statements = [
    'create schema library',
    'create table library.authors (id uuid primary key, name text, born date, salary bigint, hidden boolean not null, mentor uuid, deleted_at timestamptz)',
    'create table library.books (id uuid primary key, name text, price numeric, pages bigint, released timestamptz, opens time(3), secret boolean not null, author uuid, covers uuid[], deleted_at timestamptz)',
    'create table library.tags (id uuid primary key, name text, closed boolean not null, owner uuid, deleted_at timestamptz)',
    'create table library.links (id uuid primary key, book uuid not null, tag uuid not null, deleted_at timestamptz)',
    'create table library.covers (id uuid primary key, name text, closed boolean not null, deleted_at timestamptz)',
    'create table library.notes (id uuid primary key, name text, about text, deleted_at timestamptz)',
    `insert into library.authors select ${id('n', '8000')}, 'author ' || n, date '1900-01-01' + n * 500, n * 1000, n % 5 = 0,
       case when n > 3 then ${id('n / 3', '8000')} end, case when n % 11 = 0 then now() end from generate_series(1, 40) n`,
    `insert into library.covers select ${id('n', '8004')}, 'cover ' || n, n % 4 = 0, case when n % 7 = 0 then now() end from generate_series(1, 20) n`,
    `insert into library.books select ${id('n', '8001')}, 'book ' || n, n * 1.25, nullif(n % 97, 0), timestamptz '2020-01-31 22:30:15.250Z' + n * interval '13 days 5 hours',
       time '00:00' + n * interval '7 minutes', n % 6 = 0, case when n % 9 > 0 then ${id('1 + n % 40', '8000')} end,
       case when n % 3 > 0 then array[${id('20 - n % 20', '8004')}, ${id('1 + (n * 7) % 20', '8004')}, ${id('1 + (n + 3) % 20', '8004')}] end,
       case when n % 13 = 0 then now() end from generate_series(1, 200) n`,
    `insert into library.tags select ${id('n', '8002')}, 'tag ' || lpad((100 - n)::text, 2, '0'), n % 4 = 0, ${id('n', '8000')}, case when n % 10 = 0 then now() end from generate_series(1, 15) n`,
    // Some pairs stand twice, some only in a deleted row.
    `insert into library.links select gen_random_uuid(), ${id('1 + n % 200', '8001')}, ${id('1 + (n * 7 + n / 200 * 4) % 15', '8002')}, case when n % 8 = 0 then now() end from generate_series(1, 700) n`,
    `insert into library.notes select ${id('n', '8003')}, 'note ' || n, case n % 3 when 0 then null when 1 then 'm_authors/' || ${id('1 + n % 40', '8000')} else 'm_books/' || ${id('1 + n % 200', '8001')} end,
       null from generate_series(1, 60) n`,
    'create table library.desks (id uuid primary key, name text, deleted_at timestamptz)',
    'create table library.drawers (id uuid primary key, name text, desk uuid, deleted_at timestamptz)',
    'create table library.papers (id uuid primary key, name text, desk uuid, deleted_at timestamptz)',
    `insert into library.desks select ${id('n', '8005')}, 'desk ' || n from generate_series(1, 4) n`,
    `insert into library.drawers select ${id('n', '8006')}, 'drawer ' || n, ${id('1 + n % 3', '8005')} from generate_series(1, 9) n`,
    `insert into library.papers select ${id('n', '8007')}, 'paper ' || n, ${id('1 + n % 3', '8005')} from generate_series(1, 9) n`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
