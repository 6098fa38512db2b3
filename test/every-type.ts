/** A project with every field type, every kind of relation, and names that are hard on whoever makes identifiers of them. */
import { fieldTypes } from '@piper/shared/fields/index';
import type { NewField } from '@piper/shared/data-models';
import type { TestServer } from './harness.ts';
import { createRecordsProject, model, text, toMany, toOne, type RecordsProject } from './records.ts';

const choices = { choices: [{ value: 'open', label: 'Open' }, { value: 'it\'s */ "done"\n' }] };
const kinds = { choices: [{ value: 'person' }, { value: 'firm' }] };
const special: Record<string, Partial<NewField>> = {
  select: { options: choices, required: true, default: 'open' },
  'multi-select': { options: choices },
  currency: { options: { currency: 'EUR' } },
};
const apart = new Set(['formula', 'lookup', 'rollup', 'relation', 'any-relation']);

/** `date-time` → `a_date_time`. */
export const keyOfType = (type: string): string => `a_${type.replaceAll('-', '_')}`;
export const plainTypes = [...fieldTypes.keys()].filter((type) => !apart.has(type));

const plain = plainTypes.map((type): NewField => ({ type, label: type, key: keyOfType(type), ...special[type] }));

export async function createEveryTypeProject(server: TestServer): Promise<RecordsProject> {
  return createRecordsProject(server, [
    model('tags', [text('word', { required: true, unique: true })], { label: 'Tag', labelPlural: 'Tags' }),
    model(
      'authors',
      [text('name', { required: true }), { type: 'date', key: 'born' }, { type: 'select', key: 'kind', options: kinds }],
      {
        label: 'Author',
        labelPlural: 'Authors',
      },
    ),
    model(
      'things',
      [
        text('title', { required: true, help: 'Ends */ here\n@ts-expect-error\n`and` <b>more</b>' }),
        text('code', { unique: true }),
        text('class'),
        ...plain,
        toOne('author', 'authors', { reverse: 'things' }),
        toOne('parent', 'things', { reverse: 'children' }),
        toMany('tags', 'tags', 'things'),
        { type: 'any-relation', key: 'about', relation: { kind: 'any', targets: ['authors', 'tags'] } },
        { type: 'formula', key: 'twice', options: { formula: '{a_integer} * 2' } },
        { type: 'lookup', key: 'author_kind', options: { relation: 'author', field: 'kind' } },
        { type: 'lookup', key: 'tag_words', options: { relation: 'tags', field: 'word' } },
      ],
      { label: 'Thing', labelPlural: 'Things', description: 'What there is. */ `x`' },
    ),
    model('parts', [text('name', { required: true }), toOne('thing', 'things', { required: true, reverse: 'parts' })], {
      label: 'Part',
      labelPlural: 'Parts',
    }),
    model('records', [text('name')], { label: 'Record' }),
    model('records_again', [text('name')], { label: 'Record' }),
    model('client', [text('name')], { label: 'Client' }),
    model('tag_create', [text('name')], { label: 'Tag create' }),
    model(
      'emoji',
      [
        { type: 'text', label: '🙂' },
        { type: 'text', label: '🙃' },
      ],
      { label: '🙂' },
    ),
    model('await', [text('delete'), text('default')], { label: 'class' }),
  ]);
}
