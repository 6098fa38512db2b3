/** The only way to obtain a file on somebody's behalf; the rules are the model's (shared/system-models). */
import { fail } from '@piper/shared/errors';
import { isUuid } from '#platform/ids';
import type { Ctx } from '#platform/ctx';
import { access } from '#platform/records/records';
import { type FileMeta, findFile } from './files.repo.ts';

/** The file, when the actor may do `verb` to it. Throws `not_found`, `forbidden` or `scope_insufficient`. */
export async function accessFile(ctx: Ctx, id: string, verb: 'read' | 'update' | 'delete'): Promise<FileMeta> {
  if (!isUuid(id)) fail('not_found');
  await access(ctx, 'files', id, verb, ['id']);
  return (await findFile(ctx.db, id)) ?? fail('not_found');
}
