/** Says why a write was refused: what the database objected to, or which rule did not hold. */
import type { Action, DataModel } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { isNever } from '@piper/shared/filter/ast';
import type { Ctx } from '../ctx.ts';
import { catalogueOf } from './catalogue.ts';
import { access } from './read.ts';
import { refuseInput } from './write-input.ts';
import { isKnownTo, ungranted } from './write-rules.ts';

interface DatabaseError {
  code?: string;
  message?: string;
  detail?: string;
  column?: string;
}

/** Runs a write; what the database refuses becomes an error of the catalogue that names the field, if the writer knows it, never the value. */
export async function withRefusals<R>(ctx: Ctx, model: DataModel, write: () => Promise<R>): Promise<R> {
  try {
    return await write();
  } catch (error) {
    const failure = error as DatabaseError;
    const known = knownOf(ctx, model);
    explanations[failure.code ?? '']?.(known, failure, fieldsIn(known, failure.detail ?? ''));
    throw error;
  }
}

type Explain = (model: DataModel, error: DatabaseError, path: string) => never;

/** The model with the fields that the actor knows of. */
function knownOf(ctx: Ctx, model: DataModel): DataModel {
  const rules = catalogueOf(ctx).rulesOf(ctx);
  return { ...model, fields: model.fields.filter((field) => isKnownTo(rules, model, field)) };
}

const outOfRange: Explain = () => fail('validation_failed', 'A value is outside of what can be stored.');

/** By SQLSTATE. What is not here is the HTTP layer's to answer. */
const explanations: Record<string, Explain> = {
  '23505': ({ label }, _error, path) => {
    const message = path === '' ? undefined : `There is already a ${label} with this ${path}.`;
    fail('already_exists', message, [{ path, message: 'is already taken' }]);
  },
  '23503': (_model, { detail }, path) => {
    if (detail?.includes('is still referenced')) fail('still_referenced');
    refuseInput([{ path, message: 'names something that is not there' }]);
  },
  '23502': (model, { column }) =>
    refuseInput([{ path: model.fields.find((field) => field.column === column)?.key ?? '', message: 'is required' }]),
  '23514': () => fail('rule_violated'),
  '54000': (_model, { message }) =>
    message?.startsWith('index row')
      ? fail('validation_failed', 'A value is too long for a field that is indexed or unique.')
      : fail('record_too_wide'),
  '22001': outOfRange,
  '22003': outOfRange,
  '22007': outOfRange,
  '22008': outOfRange,
  '22P02': outOfRange,
};

/** The fields in `Key (project_id, user_id)=(…) already exists.`; the part with the values is not read. */
function fieldsIn(model: DataModel, detail: string): string {
  const columns = /^Key \(([^)]*)\)=/.exec(detail)?.[1]?.split(', ') ?? [];
  return columns
    .flatMap((column) => model.fields.find((field) => field.column === column.replaceAll('"', ''))?.key ?? [])
    .join(', ');
}

/** 403 for fields of a new record that no rule grants, and where no rule allows to create at all. */
export function refuseUngrantedNew(ctx: Ctx, model: DataModel, given: readonly string[]): void {
  refuseUngranted(ctx, model, 'create', given);
  if (isNever(catalogueOf(ctx).rulesOf(ctx).actionRule(model, 'create'))) fail('forbidden');
}

/** 403 for fields of an existing record that no rule grants; 404 when the actor does not see it. */
export async function refuseUngrantedChange(ctx: Ctx, model: DataModel, given: readonly string[], id: unknown): Promise<void> {
  const rules = catalogueOf(ctx).rulesOf(ctx);
  if (ungranted(rules, model, 'update', given).length > 0) await access(ctx, model.key, String(id), 'read', ['id']);
  refuseUngranted(ctx, model, 'update', given);
}

function refuseUngranted(ctx: Ctx, model: DataModel, verb: 'create' | 'update', given: readonly string[]): void {
  const refused = ungranted(catalogueOf(ctx).rulesOf(ctx), model, verb, given);
  if (refused.length === 0) return;
  const details = refused.map((path) => ({ path, message: 'may not be set by you' }));
  fail('forbidden', `You may not set "${refused[0]!}".`, details);
}

/** The row could not be found for this write: it is invisible (404), or the actor may not do this to it (403). */
export async function refuseUnfound(ctx: Ctx, model: DataModel, id: string, action: Exclude<Action, 'create'>): Promise<never> {
  await access(ctx, model.key, id, action, ['id']);
  fail('forbidden');
}

/** A new row did not pass its check: it points to something invisible (404), or the rule refuses it (403). */
export function refuseCheck(invisible: readonly string[]): never {
  if (invisible.length > 0) {
    fail(
      'not_found',
      `There is no such ${invisible[0]!}.`,
      invisible.map((path) => ({ path, message: 'does not exist, or you may not see it' })),
    );
  }
  fail('forbidden');
}
