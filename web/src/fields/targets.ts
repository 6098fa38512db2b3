/** The data models that relations lead to: Piper's own, or those of the project in the address. */
import { useQueries, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { dataModelQuery, isReadable, type AnyRecord, type VisibleField, type VisibleModel } from '../platform/records.ts';

/** The project to look for a model in: ids of a project's models are UUIDs, those of Piper's own their keys. */
export const placeOf = (target: string, project: string | undefined): string | undefined =>
  /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(target) ? project : undefined;

function useModelQuery(): (target: string) => ReturnType<typeof dataModelQuery> {
  const { project } = useParams({ strict: false });
  return (target) => dataModelQuery(target, placeOf(target, project));
}

/** The model a relation leads to; undefined until it is known, or when it may not be seen. */
export function useTarget(field: VisibleField): VisibleModel | undefined {
  const queryOf = useModelQuery();
  const target = field.relation?.target;
  return useQuery({ ...queryOf(target ?? ''), enabled: target !== undefined, retry: false }).data;
}

/** Several models by id; undefined until all are answered. Those that may not be seen are left out. */
export function useModels(ids: readonly string[]): VisibleModel[] | undefined {
  const queryOf = useModelQuery();
  const found = useQueries({ queries: [...new Set(ids)].map((id) => ({ ...queryOf(id), retry: false })) });
  if (found.some(({ isPending }) => isPending)) return undefined;
  return found.flatMap(({ data }) => data ?? []);
}

/** The models a model's relations lead to. */
export const useTargetsOf = (model: VisibleModel): VisibleModel[] | undefined =>
  useModels(model.fields.flatMap(({ relation }) => (relation && relation.kind !== 'any' ? [relation.target] : [])));

/** Of each record pointed to, its id and its name: for `fields`. */
export function namesToRead(model: VisibleModel, targets: readonly VisibleModel[]): string[] {
  const names = model.fields.flatMap(({ key, relation }) => {
    if (relation?.kind !== 'many-to-one' && relation?.kind !== 'many-to-many') return [];
    const target = targets.find(({ id }) => id === relation.target);
    const as = relation.kind === 'many-to-one' ? relation.as : key;
    if (!target?.allowedActions.includes('read')) return [];
    return [`${as}.id`, ...(isReadable(target, target.titleField) ? [`${as}.${target.titleField}`] : [])];
  });
  return [...new Set(names)];
}

/** Everything of a record itself, what it may be used for, and the names and number of those it points to: for `fields`. */
export function wholeRecord(model: VisibleModel, targets: readonly VisibleModel[]): string {
  const asked = model.fields.filter(({ key, onDemand }) => onDemand && isReadable(model, key)).map(({ key }) => key);
  return ['*', 'allowedActions', ...new Set([...asked, ...namesToRead(model, targets), ...countsToRead(model)])].join(',');
}

/** Of each list of related records, how many there are: for `fields`. Only the first come with the record. */
const countsToRead = (model: VisibleModel): string[] =>
  model.fields.flatMap(({ key, relation }) =>
    relation?.kind === 'many-to-many' || relation?.kind === 'one-to-many' ? [`count(${key})`] : [],
  );

/** How many related records there are, where they were counted. */
export function countIn({ key }: Pick<VisibleField, 'key'>, record: AnyRecord): number | undefined {
  const count = record[`${key}_count`];
  return typeof count === 'number' ? count : undefined;
}

/** The related records in the value of a list; none for anything else. */
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The id in a relation's value, which is the record itself where it was read along. */
export const idIn = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'id' in value ? value.id : value;

/** A record's value as it is written: of records that were read along, their ids. */
export function plainValue({ relation }: VisibleField, value: unknown): unknown {
  if (relation?.kind === 'many-to-one') return idIn(value);
  return relation?.kind === 'many-to-many' && Array.isArray(value) ? value.map(idIn) : value;
}
