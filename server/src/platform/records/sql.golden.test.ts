/** The SQL of the main shapes, in sql.golden.md, so that a change of the compiler shows in review. `vitest -u` writes it anew. */
import { expect, test } from 'vitest';
import { libraryFeature } from '../../../../test/library.ts';
import type { Actor } from '../actor.ts';
import type { Ctx } from '../ctx.ts';
import { systemCatalogue } from './system-catalogue.ts';
import { createRecord, deleteRecord, listRecords, readRecord, updateRecord } from './records.ts';

const userId = '00000000-0000-7000-8000-000000000001';
const actor: Actor = { kind: 'user', userId, role: 'MEMBER', sessionId: userId };

/** Calls the engine with a pool that only takes down what it is asked. */
async function sqlOf(work: (ctx: Ctx) => Promise<unknown>, found: Record<string, unknown>[] = []): Promise<string> {
  const texts: string[] = [];
  const pool = { query: async ({ text }: { text: string }) => ({ rows: texts.push(text) === 1 ? found : [] }) };
  const deps = {
    catalogue: systemCatalogue([libraryFeature]),
    pool,
    clock: { now: () => new Date(0) },
    events: { wake: () => undefined },
  };
  await work({ actor, db: { isTransaction: false }, deps } as unknown as Ctx).catch(() => undefined);
  // What is fetched of related records depends on what was found.
  return texts[found.length]!.replaceAll(/\s+/g, ' ').replaceAll(
    / (from|where|order by|limit|left join|cross join|\w+ as (?:materialized )?\(|select \w+\."?\$)/g,
    '\n  $1',
  );
}

const shapes: [title: string, work: (ctx: Ctx) => Promise<unknown>, found?: Record<string, unknown>[]][] = [
  ['read a project', (ctx) => readRecord(ctx, 'projects', userId)],
  ['read a message, which is visible through its thread', (ctx) => readRecord(ctx, 'messages', userId, ['text'])],
  ['read a user: masked columns', (ctx) => readRecord(ctx, 'users', userId)],
  [
    'list prompts: filter over a relation, search, sort, page',
    (ctx) =>
      listRecords(ctx, 'prompts', {
        fields: 'title',
        filter: { project: { name: { _icontains: 'x' } }, createdAt: { _gt: '$NOW(-1 day)' } },
        search: 'y',
        sort: '-createdAt',
        offset: 10,
      }),
  ],
  [
    'list after a cursor',
    (ctx) =>
      listRecords(ctx, 'prompts', {
        fields: 'title',
        cursor: Buffer.from(JSON.stringify(['prompts:-createdAt,-id', 'a', 'b'])).toString('base64url'),
      }),
  ],
  ['list with what may be done', (ctx) => listRecords(ctx, 'members', { fields: 'id,allowedActions' })],
  [
    'aggregate by groups',
    (ctx) => listRecords(ctx, 'prompts', { aggregate: { count: '*', max: 'createdAt' }, groupBy: 'active' }),
  ],
  [
    'list books: filters over many-to-many, a list of ids and a polymorphic relation, a count and a part of a moment',
    (ctx) =>
      listRecords(ctx, 'books', {
        fields: 'name,count(tags)',
        filter: { tags: { name: { _eq: 'x' } }, covers: { _none: { name: { _eq: 'x' } } }, 'year(released)': { _eq: 2026 } },
        sort: 'author.name',
      }),
  ],
  [
    'list notes about a book',
    (ctx) => listRecords(ctx, 'notes', { fields: 'name', filter: { 'about:books': { name: { _eq: 'x' } } } }),
  ],
  [
    'the tags of books, as deep asks for them',
    (ctx) =>
      listRecords(ctx, 'books', {
        fields: 'tags.name',
        deep: { tags: { _filter: { name: { _neq: 'x' } }, _sort: '-name', _limit: 3, _search: 'y' } },
      }),
    [{ $f0: userId }],
  ],
  [
    'the covers of books, in the order of the list',
    (ctx) => listRecords(ctx, 'books', { fields: 'covers.name' }),
    [{ $f0: userId }],
  ],
  ['a relation shown on some rows, by a field of the user', (ctx) => listRecords(ctx, 'desks', { fields: 'name,drawers' })],
  [
    'aggregate by a part of a moment, in the order of a sum',
    (ctx) => listRecords(ctx, 'books', { aggregate: { sumDistinct: 'pages' }, groupBy: 'year(released)', sort: '-sumDistinct' }),
  ],
  ['create a prompt', (ctx) => createRecord(ctx, 'prompts', { projectId: userId, title: 'x' })],
  ['update a prompt', (ctx) => updateRecord(ctx, 'prompts', userId, { title: 'x' })],
  ['delete a prompt', (ctx) => deleteRecord(ctx, 'prompts', userId)],
  ['delete a thread: softly', (ctx) => deleteRecord(ctx, 'threads', userId)],
];

test('the SQL of the main shapes', async () => {
  const parts: string[] = [];
  for (const [title, work, found] of shapes) parts.push(`## ${title}\n\n\`\`\`sql\n${await sqlOf(work, found)}\n\`\`\``);
  await expect(
    `# SQL of the records engine\n\nWritten by sql.golden.test.ts, for a member of the instance.\n\n${parts.join('\n\n')}\n`,
  ).toMatchFileSnapshot('./sql.golden.md');
});
