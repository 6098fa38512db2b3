/** Several writes over several data models in one transaction. Later operations may name records of earlier ones. */
import type { BatchOperation } from '@piper/shared/records';
import type { DataModel, Relation } from '@piper/shared/data-model';
import { PiperError } from '@piper/shared/errors';
import type { TxCtx } from '#platform/ctx';
import { catalogueOf, entryOf } from '#platform/records/catalogue';
import { createRecord, deleteRecord, restoreRecord, updateRecord, type Values } from '#platform/records/records';
import { refuseValue } from '#platform/records/write-input';
import { countRelated, requireFewInAll } from '#platform/records/write-related';
import { requireOwnModel, type ProjectCtx } from './items.place.ts';
import { upsertRecords } from './upsert.ts';

/** Ids by the name an operation gave its record. */
type Named = Map<string, string>;

type Work = (tx: TxCtx, model: string, operation: BatchOperation) => Promise<Values | null>;

const works: Record<BatchOperation['op'], Work> = {
  create: (tx, model, { data = {}, ifMatch }) => {
    refuseVersion(ifMatch);
    return createRecord(tx, model, data);
  },
  update: (tx, model, { id, data = {}, ifMatch }) => updateRecord(tx, model, idOf(id), data, { ifMatch }),
  upsert: async (tx, model, { on = [], data = {}, ifMatch }) =>
    (await upsertRecords(tx, model, { keys: on, word: 'on', ifMatch }, [data]))[0]!,
  restore: (tx, model, { id, ifMatch }) => {
    refuseVersion(ifMatch);
    return restoreRecord(tx, model, idOf(id));
  },
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
  for (const [index, given] of operations.entries()) {
    const [operation, result] = await within(index, async () => {
      const model = requireOwnModel(tx, given.model);
      const operation = resolved({ tx, named }, model, given);
      return [operation, await works[operation.op](tx, model, operation)] as const;
    });
    if (operation.ref !== undefined) name(named, index, operation, result);
    results.push(result);
  }
  return results;
}

function name(named: Named, index: number, { ref = '', id }: BatchOperation, result: Values | null): void {
  if (named.has(ref)) refuseValue(`operations.${index}.ref`, 'is the name of an earlier operation');
  named.set(ref, String(result?.['id'] ?? id));
}

interface Names {
  tx: TxCtx;
  named: Named;
}

/** The operation with the ids of earlier ones in the place of their names. */
function resolved(names: Names, modelKey: string, operation: BatchOperation): BatchOperation {
  const { id, data } = operation;
  return {
    ...operation,
    ...(id === undefined ? {} : { id: referred(names, id, 'id') }),
    ...(data === undefined ? {} : { data: inRecord(names, entryOf(names.tx, modelKey).model, data, 'data') }),
  };
}

const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names stand where relations take ids, and as ids; in JSON and texts they mean nothing. */
function inRecord(names: Names, model: DataModel | undefined, record: Values, path: string): Values {
  const relations = new Map(model?.fields.flatMap((field) => (field.relation ? [[field.key, field.relation]] : [])));
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => {
      const relation = relations.get(key);
      if (relation) return [key, inRelation(names, relation, value, `${path}.${key}`)];
      return [key, key === 'id' ? referred(names, value, `${path}.${key}`) : value];
    }),
  );
}

/** Ids and records, lists of them, or what to do to a list. */
function inRelation(names: Names, relation: Relation, value: unknown, path: string): unknown {
  const isChange = (relation.kind === 'one-to-many' || relation.kind === 'many-to-many') && isObject(value) && !('$ref' in value);
  if (isChange)
    return Object.fromEntries(
      Object.entries(value).map(([word, list]) => [word, inRelation(names, relation, list, `${path}.${word}`)]),
    );
  if (Array.isArray(value)) return value.map((item, i) => inItem(names, relation, item, `${path}.${i}`));
  return inItem(names, relation, value, path);
}

function inItem(names: Names, { target }: Relation, item: unknown, path: string): unknown {
  if (!isObject(item)) return item;
  if ('$ref' in item) return referred(names, item, path);
  return inRecord(names, target === undefined ? undefined : catalogueOf(names.tx).find(target), item, path);
}

function referred({ named }: Names, value: unknown, path: string): unknown {
  if (!isObject(value) || !('$ref' in value)) return value;
  const { $ref } = value;
  const id = typeof $ref === 'string' && Object.keys(value).length === 1 ? named.get($ref) : undefined;
  return id ?? refuseValue(path, 'names no earlier operation');
}

const idOf = (id: unknown): string => (typeof id === 'string' ? id : refuseValue('id', 'is required'));

/** Of a record that is not there yet, or not any more, nobody can expect a version. */
function refuseVersion(ifMatch: number | undefined): void {
  if (ifMatch !== undefined) refuseValue('ifMatch', 'has no meaning here');
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
