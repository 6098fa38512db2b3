/**
 * Definitions as they are sent. What a class of actors sees of a definition is the same until the next change set, so it is written
 * out once and kept as text; a client that has it already is told so (304).
 */
import { gzipSync } from 'node:zlib';
import type { DataModel, Field, Relation } from '@piper/shared/data-model';
import { fail } from '@piper/shared/errors';
import { fieldTypeOf } from '@piper/shared/fields/index';
import { boundedCache, type BoundedCache } from '#platform/records/bounded-cache';
import { mayWrite } from '#platform/key-scope';
import { visibleModel, type Catalogue, type SystemModel, type VisibleField, type VisibleModel } from '#platform/records/records';
import type { Opened } from './models.service.ts';
import { isSystemField } from './system-fields.ts';

type Json = Record<string, unknown>;

/** Of one version of a project's definitions. They go with it. */
const texts = new WeakMap<Catalogue, BoundedCache<Buffer>>();
const keptTexts = 100;
/** Those that are sent as they are, time and again. */
const repeated = new WeakSet<Buffer>();

/** What `make` gives, as JSON, made once for all who see the same. Bytes, since a text would be turned into them each time it is sent. */
function textFor({ catalogue, ctx, manages }: Opened, name: string, make: () => unknown): Buffer {
  const kept = texts.get(catalogue) ?? boundedCache<Buffer>(keptTexts);
  texts.set(catalogue, kept);
  const key = `${classOf(catalogue, ctx, manages)} ${name}`;
  const found = kept.get(key) ?? Buffer.from(JSON.stringify(make()));
  kept.set(key, found);
  repeated.add(found);
  return found;
}

const classOf = (catalogue: Catalogue, ctx: Opened['ctx'], manages: boolean): string =>
  `${manages ? 'manages ' : ''}${mayWrite(ctx) ? '' : 'reads '}${catalogue.rulesOf(ctx).key}`;

export interface Presented {
  /** JSON. */
  data: Buffer;
  version: number;
  /** Differs whenever `data` may. */
  etag: string;
}

/** A reply's body. */
export const bodyOf = (data: Buffer, meta: object): Buffer =>
  Buffer.concat([Buffer.from('{"data":'), data, Buffer.from(`,"meta":${JSON.stringify(meta)}}`)]);

const packed = new WeakMap<Buffer, Buffer>();
/** Below, nothing is gained. */
const packedFrom = 1_024;

/** The body compressed by gzip, made once for the same data, which is of one version; undefined where that would not pay. */
export function packedBodyOf(data: Buffer, meta: { version: number }): Buffer | undefined {
  if (data.length < packedFrom || !repeated.has(data)) return undefined;
  const found = packed.get(data) ?? gzipSync(bodyOf(data, meta));
  packed.set(data, found);
  return found;
}

const presented = (opened: Opened, name: string, make: () => unknown): Presented => ({
  data: textFor(opened, name, make),
  version: opened.version,
  etag: `W/"${opened.version}-${Buffer.from(classOf(opened.catalogue, opened.ctx, opened.manages)).toString('base64url')}"`,
});

/** A data model as the actor sees it; `not_found` when they may not know of it. */
export function presentModel(opened: Opened, entry: SystemModel): Presented {
  return presented(
    opened,
    `model ${entry.model.id}`,
    () => describeModel(opened, entry) ?? fail('not_found', 'There is no such model.'),
  );
}

/** All data models the actor sees: what lists show of them, or all there is to say. */
export function presentModels(opened: Opened, whole: boolean): Presented {
  if (!whole) return presented(opened, 'models', () => seen(opened).map(summary));
  // One text for each, since one of all would be kept beside them.
  const parts = seen(opened).map(({ entry }) => presentModel(opened, entry).data);
  const data = Buffer.concat(parts.flatMap((part, i) => [Buffer.from(i === 0 ? '' : ','), part]));
  return { ...presented(opened, 'no models', () => []), data: Buffer.concat([Buffer.from('['), data, Buffer.from(']')]) };
}

const own = ({ catalogue, ctx }: Opened): SystemModel[] =>
  catalogue.list().filter((entry) => entry.model.projectId === ctx.project?.id);

interface Seen {
  entry: SystemModel;
  model: DataModel;
  visible: VisibleModel | undefined;
}

/** Managers see every model; others those of which they may read some record, and not what only joins two. */
function seen(opened: Opened): Seen[] {
  return own(opened).flatMap((entry) => {
    const visible = visibleModel(opened.ctx, entry);
    return opened.manages || (visible && !entry.model.isJunction) ? [{ entry, model: entry.model, visible }] : [];
  });
}

function summary({ model, visible }: Seen): Json {
  const { id, key, label, labelPlural, description, icon, titleField, verbs, isJunction } = model;
  const words = { id, key, label, labelPlural, description, icon, titleField, verbs };
  // What everybody has says nothing about this model.
  const fieldCount = (visible ?? model).fields.filter((field) => !isSystemField(field)).length;
  return { ...words, allowedActions: visible?.allowedActions ?? [], fieldCount, ...(isJunction ? { isJunction } : {}) };
}

/** What the actor may know of a definition: for managers all of it, for others what rules let them see. */
export function describeModel(opened: Opened, entry: SystemModel): (Json & { fields: Field[] | VisibleField[] }) | undefined {
  const visible = visibleModel(opened.ctx, entry);
  if (!opened.manages) return visible && { ...visible };
  const { model } = entry;
  const known = new Map(visible?.fields.map((field) => [field.id, field]));
  const fields = model.fields.map((field) => ({ ...field, ...abilities(field, known.get(field.id)) }));
  return { ...model, allowedActions: visible?.allowedActions ?? [], fields };
}

function abilities(
  field: Field,
  visible: VisibleField | undefined,
): Pick<VisibleField, 'operators' | 'sortable' | 'creatable' | 'updatable'> {
  if (!visible) return { operators: [], sortable: fieldTypeOf(field).sortable, creatable: false, updatable: false };
  const { operators, sortable, creatable, updatable } = visible;
  return { operators, sortable, creatable, updatable };
}

/** The fields of a data model that the actor sees. */
export const fieldsOf = (opened: Opened, entry: SystemModel): (Field | VisibleField)[] =>
  (describeModel(opened, entry) ?? fail('not_found', 'There is no such model.')).fields;

/** A relation with both its ends. */
export function presentRelation(opened: Opened, model: DataModel, field: Field | VisibleField): Json {
  const relation = field.relation!;
  const { id, key, label } = field;
  const end = { id, field: key, label, model: model.key, kind: relation.kind };
  if (relation.kind === 'any') return { ...end, targets: relation.targets.flatMap((target) => keyOf(opened, target) ?? []) };
  const back = otherEnd(opened, model, { field, relation });
  return {
    ...end,
    target: keyOf(opened, relation.target),
    ...(relation.kind === 'many-to-one' ? { onDelete: relation.onDelete ?? 'set-null' } : {}),
    ...(relation.kind === 'many-to-many' && opened.manages ? { through: keyOf(opened, relation.through) } : {}),
    reverse: back ? { id: back.id, field: back.key, label: back.label } : null,
  };
}

const keyOf = ({ catalogue }: Opened, id: string): string | undefined => catalogue.find(id)?.key;

/** The field on the other side, if there is one that the actor sees. */
function otherEnd(
  opened: Opened,
  model: DataModel,
  { field, relation }: { field: { id: string }; relation: Exclude<Relation, { kind: 'any' }> },
): Field | VisibleField | undefined {
  const entry = opened.catalogue.entry(relation.target);
  if (entry?.model.projectId !== model.projectId || !entry) return undefined;
  const isBack = (other: Field | VisibleField): boolean => {
    const back = other.relation;
    if (relation.kind === 'one-to-many') return other.id === relation.by;
    if (relation.kind === 'many-to-one') return back?.kind === 'one-to-many' && back.by === field.id;
    return (
      back?.kind === 'many-to-many' &&
      relation.kind === 'many-to-many' &&
      back.through === relation.through &&
      other.id !== field.id
    );
  };
  return describeModel(opened, entry)?.fields.find(isBack);
}
