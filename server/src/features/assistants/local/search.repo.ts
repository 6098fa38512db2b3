/** Full-text search over what a project holds, with the rights of one user, who must be a member and sees only threads they take part in. */
import { sql, type RawBuilder } from 'kysely';
import type { Db } from '#platform/db/db';
import type { SearchTerm } from './search-terms.ts';

export interface Found {
  kind: 'file' | 'prompt' | 'message';
  id: string;
  title: string;
  text: string;
}

export interface SearchScope {
  userId: string;
  projectId: string;
  /** The thread in which is asked: its messages are known there, and the question itself would be found first. */
  exceptThreadId: string | undefined;
}

/** Rows read per kind: enough to choose from, few enough to be read whole. */
const perKind = 20;

/** What holds all terms; when that is nothing, what holds any of them. */
export async function searchProject(db: Db, scope: SearchScope, terms: readonly SearchTerm[]): Promise<Found[]> {
  if (terms.length === 0) return [];
  const all = await find(db, scope, terms, 'and');
  return all.length > 0 || terms.length === 1 ? all : find(db, scope, terms, 'or');
}

async function find(db: Db, scope: SearchScope, terms: readonly SearchTerm[], join: 'and' | 'or'): Promise<Found[]> {
  const holds = (text: RawBuilder<string>, words: RawBuilder<unknown>): RawBuilder<boolean> =>
    condition(terms, join, text, words);
  const { rows } = await sql<Found>`
    with member as (
      select m.project_id from piper.members m join piper.projects j on j.id = m.project_id and j.deleted_at is null
      where m.project_id = ${scope.projectId} and m.user_id = ${scope.userId}
    )
    (select 'file' as kind, f.id, f.name as title, left(f.text, 200000) as text
     from piper.files f cross join member
     where f.text is not null and ${isFileOf(scope)} and ${holds(sql`f.text`, sql`to_tsvector('simple', left(f.text, 200000))`)}
     order by f.created_at desc limit ${perKind})
    union all
    (select 'prompt', p.id, p.title, v.content
     from piper.prompts p join member on member.project_id = p.project_id
     join piper.prompt_versions v on v.prompt_id = p.id and v.number = p.latest_version
     where ${holds(sql`v.content`, sql`to_tsvector('simple', left(v.content, 200000))`)}
     order by p.created_at desc limit ${perKind})
    union all
    (select 'message', s.id, coalesce(nullif(t.title, ''), 'Untitled thread'), s.text
     from piper.messages s join piper.threads t on t.id = s.thread_id and t.deleted_at is null
     join member on member.project_id = t.project_id
     join piper.participants a on a.thread_id = t.id and a.user_id = ${scope.userId}
     where s.deleted_at is null and s.thread_id is distinct from ${scope.exceptThreadId ?? null}::uuid
       and (s.role = 'user' or s.ai_model is distinct from 'local/piper')
       and ${holds(sql`s.text`, sql`to_tsvector('simple', left(s.text, 200000))`)}
     order by s.created_at desc limit ${perKind})`.execute(db);
  return rows;
}

/** Files of the project, and those attached in its threads that the user takes part in; also in the one in which is asked. */
const isFileOf = ({
  projectId,
  userId,
}: SearchScope): RawBuilder<boolean> => sql<boolean>`(f.project_id = ${projectId} or exists (
  select 1 from piper.message_files mf
  join piper.messages s on s.id = mf.message_id and s.deleted_at is null
  join piper.threads t on t.id = s.thread_id and t.deleted_at is null and t.project_id = ${projectId}
  join piper.participants a on a.thread_id = t.id and a.user_id = ${userId}
  where mf.file_id = f.id))`;

/** Words by their beginning; terms of scripts without spaces as a part of the text. */
function condition(
  terms: readonly SearchTerm[],
  join: 'and' | 'or',
  text: RawBuilder<string>,
  words: RawBuilder<unknown>,
): RawBuilder<boolean> {
  const spaced = terms.filter((term) => !term.isUnspaced);
  const parts = terms
    .filter((term) => term.isUnspaced)
    .map((term) => sql<boolean>`${text} ilike ${`%${term.stem.replaceAll(/[\\%_]/g, '\\$&')}%`}`);
  if (spaced.length > 0) {
    const query = spaced.map((term) => `'${term.stem.replaceAll(/['\\]/g, '$&$&')}':*`).join(join === 'and' ? ' & ' : ' | ');
    parts.push(sql<boolean>`${words} @@ to_tsquery('simple', ${query})`);
  }
  return sql<boolean>`(${sql.join(parts, join === 'and' ? sql` and ` : sql` or `)})`;
}

/** How much there is to search in. */
export async function countProject(db: Db, scope: SearchScope): Promise<{ files: number; prompts: number }> {
  const { rows } = await sql<{ files: number; prompts: number }>`
    select (select count(*) from piper.files f where f.text is not null and ${isFileOf(scope)}) as files,
      (select count(*) from piper.prompts where project_id = m.project_id) as prompts
    from piper.members m where m.project_id = ${scope.projectId} and m.user_id = ${scope.userId}`.execute(db);
  return rows[0] ?? { files: 0, prompts: 0 };
}
