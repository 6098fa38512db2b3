/** Several writes over several data models in one transaction. Later operations may name records of earlier ones. */
import type { BatchOperation } from '@piper/shared/records';
import { fail, PiperError } from '@piper/shared/errors';
import type { TxCtx } from '#platform/ctx';
import { entryOf } from '#platform/records/catalogue';
import { createRecord, deleteRecord, restoreRecord, updateRecord, type Values } from '#platform/records/records';
import { countRelated, requireFewInAll } from '#platform/records/write-related';
import { requireOwnModel, type ProjectCtx } from './items.place.ts';
import { upsertRecord } from './upsert.ts';

/** Ids by the name an operation gave its record. */
type Named = Map<string, string>;

type Work = (tx: TxCtx, model: string, operation: BatchOperation) => Promise<Values | null>;

const works: Record<BatchOperation['op'], Work> = {
  create: (tx, model, { data = {} }) => createRecord(tx, model, data),
  update: (tx, model, { id, data = {}, ifMatch }) => updateRecord(tx, model, idOf(id), data, { ifMatch }),
  upsert: (tx, model, { on = [], data = {} }) => upsertRecord(tx, model, on, data),
  restore: (tx, model, { id }) => restoreRecord(tx, model, idOf(id)),
  delete: async (tx, model, { id, ifMatch, permanent }) => {
    await deleteRecord(tx, model, idOf(id), { ifMatch, permanent });
    return null;
  },
};

/** Does the operations in their order; what one refuses undoes all, and the error says which it was. Returns a result for each. */
export async function doBatch(tx: TxCtx & ProjectCtx, operations: readonly BatchOperation[]): Promise<(Values | null)[]> {
  // An unknown model is refused in its turn, with its index.
  const related = operations.map(({ model, data }) => {
    const target = tx.project.catalogue.find(model);
    return target && data ? countRelated(tx, target, data) : 0;
  });
  requireFewInAll(related.reduce((sum, count) => sum + count, 0));
  const named: Named = new Map();
  const results: (Values | null)[] = [];
  for (const [index, operation] of operations.entries()) {
    const result = await within(index, async () => {
      const model = requireOwnModel(tx, operation.model);
      return works[operation.op](tx, model, resolved(tx, operation, named));
    });
    if (operation.ref !== undefined) name(named, index, operation, result);
    results.push(result);
  }
  return results;
}

function name(named: Named, index: number, { ref = '', id }: BatchOperation, result: Values | null): void {
  if (named.has(ref)) refuse(`operations.${index}.ref`, 'is the name of an earlier operation');
  named.set(ref, String(result?.['id'] ?? id));
}

/** The operation with the ids of earlier ones in the place of their names. */
function resolved(tx: TxCtx, operation: BatchOperation, named: Named): BatchOperation {
  const { id, data } = operation;
  return {
    ...operation,
    ...(id === undefined ? {} : { id: referred(id, 'id', named) }),
    ...(data === undefined ? {} : { data: resolvedData(tx, operation.model, data, named) }),
  };
}

/** Names stand where relations take ids; in JSON and texts they mean nothing. */
function resolvedData(tx: TxCtx, reference: string, data: Values, named: Named): Values {
  const { model } = entryOf(tx, reference);
  const relations = new Set(model.fields.filter(({ relation }) => relation).map(({ key }) => key));
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, relations.has(key) ? deepReferred(value, `data.${key}`, named) : value]),
  );
}

function deepReferred(value: unknown, path: string, named: Named): unknown {
  if (Array.isArray(value)) return value.map((item, i) => deepReferred(item, `${path}.${i}`, named));
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value) return referred(value, path, named);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deepReferred(inner, `${path}.${key}`, named)]));
}

function referred(value: unknown, path: string, named: Named): unknown {
  if (typeof value !== 'object' || value === null || !('$ref' in value)) return value;
  const { $ref } = value;
  const id = typeof $ref === 'string' && Object.keys(value).length === 1 ? named.get($ref) : undefined;
  return id ?? refuse(path, 'names no earlier operation');
}

const idOf = (id: unknown): string => (typeof id === 'string' ? id : refuse('id', 'is required'));

function refuse(path: string, message: string): never {
  fail('validation_failed', `Not valid: "${path}" ${message}.`, [{ path, message }]);
}

/** What an operation refuses is told with its index. */
async function within<T>(index: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PiperError) || error.status >= 500) throw error;
    const inner = Array.isArray(error.details) ? (error.details as Values[]) : [{ message: error.message }];
    const details = inner.map((detail) => ({
      ...detail,
      path: [`operations.${index}`, detail['path']].filter((part) => typeof part === 'string' && part !== '').join('.'),
      operation: index,
    }));
    throw new PiperError(error.code, { message: `Operation ${index}: ${error.message}`, details, cause: error.cause });
  }
}
