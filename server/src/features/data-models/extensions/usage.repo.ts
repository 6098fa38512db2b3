/** What projects build on added fields: their rules, formulas and lookups name them, and would break without them. */
import { sql } from 'kysely';
import type { Field } from '@piper/shared/data-model';
import type { Definitions, ModelDefinition } from '@piper/shared/data-models';
import { fail } from '@piper/shared/errors';
import type { Db } from '#platform/db/db';

/** Throws `still_used` when fields that go, or get another key or type, are named by definitions of a project. */
export async function requireUnusedByProjects(db: Db, before: Definitions, after: readonly ModelDefinition[]): Promise<void> {
  for (const [i, model] of before.models.entries()) {
    if (model === after[i]) continue;
    const now = new Map(after[i]?.fields.map((field) => [field.id, field]));
    for (const field of model.fields) {
      const left = now.get(field.id);
      if (left?.key !== field.key || left.type !== field.type) await requireUnused(db, field);
    }
  }
}

async function requireUnused(db: Db, field: Field): Promise<void> {
  const users = await usersOf(db, field);
  if (users.length === 0) return;
  const names = users.map((user) => `${user.label} in ${user.project}`).join(', ');
  const details = users.map((user) => ({ path: `${user.slug}.${user.key}`, message: `${user.label} in ${user.project}` }));
  fail('still_used', `"${field.label}" is still used by ${names}. Change these first.`, details);
}

interface User {
  slug: string;
  project: string;
  key: string;
  label: string;
}

/** Models with a field of the same key mean that one, unless they speak of the user who acts. */
async function usersOf(db: Db, { id, key }: Field): Promise<User[]> {
  const { rows } = await sql<User>`
    select p.slug, p.name as project, d.key, d.definition->>'label' as label
    from piper.data_models d join piper.projects p on p.id = d.project_id,
      concat_ws(' ', d.definition->'rules', d.definition->'defaultSort', jsonb_path_query_array(d.definition, '$.fields[*].options')) said
    where d.deleted_at is null and p.deleted_at is null and (
      strpos(said, ${id}) > 0 or said ~ ${`\\$CURRENT_USER\\.${key}\\y`}
      or (said ~ ${`\\y${key}\\y`} and not jsonb_path_exists(d.definition, '$.fields[*] ? (@.key == $key)', jsonb_build_object('key', ${key}::text))))
    order by p.name, d.key limit 20`.execute(db);
  return rows;
}
