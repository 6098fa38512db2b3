/** Contracts of change sets: what a change would do, applying it, its history, undo and redo, and the bin. */
import Type, { type Static } from 'typebox';
import { limits } from './limits.ts';
import { actionSchemas } from './model-actions.ts';
import { advice, testOutcome } from './project-rules.ts';
import { dataOf, listOf, nullable, route, strict, timestamp, uuid } from './contract.ts';

const projectParams = strict({ project: Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9-]+$' }) });
const changeSetParams = strict({ ...projectParams.properties, id: uuid });

const names = Object.keys(actionSchemas).join(', ');
/** `do` names the action; the rest is as `ModelAction` says, and is checked by the edit itself. */
const action = Type.Object(
  { do: Type.String({ maxLength: 40, description: `One of ${names}.` }) },
  { additionalProperties: true, description: 'What stands beside `do` is shown in docs/change-sets.md.' },
);
const actions = Type.Array(action, { minItems: 1, maxItems: limits.actionsPerChangeSet });

export const changeSetStatuses = ['applying', 'applied', 'failed'] as const;
export const changeSetKinds = ['change', 'undo', 'redo', 'empty-bin'] as const;
const risk = Type.Enum(['safe', 'rewrites-table', 'loses-data']);

const plannedStep = Type.Object({
  phase: Type.Enum(['prepare', 'switch', 'clean']),
  model: Type.String(),
  sql: Type.String(),
  risk,
  sentence: Type.String(),
  /** Estimated rows of the table, for steps that look at or change them. */
  rows: Type.Optional(nullable(Type.Integer())),
});
export type PlannedStep = Static<typeof plannedStep>;

const dataProblem = Type.Object({
  /** Values that do not convert; that new options of their field do not allow, and that stay; missing where one is required; repeating where they must not; leading to what is gone. */
  kind: Type.Enum(['unconvertible', 'disallowed', 'missing', 'duplicate', 'dangling']),
  /** `loss`: goes on without these values, or with what is not allowed any more. `obstacle`: the change can't be applied. */
  effect: Type.Enum(['loss', 'obstacle']),
  model: Type.String(),
  fields: Type.Array(Type.String()),
  message: Type.String(),
  /** Null: the table is too large to count quickly. */
  count: nullable(Type.Integer()),
  /** Counted in a part of the table. */
  isEstimate: Type.Boolean(),
  /** Some of them. */
  examples: Type.Array(Type.Object({ id: uuid, value: nullable(Type.String()) })),
});
export type DataProblem = Static<typeof dataProblem>;

export const preview = Type.Object({
  /** Of the definitions it was made for: send it as `baseVersion`. */
  version: Type.Integer(),
  risk,
  actions: Type.Array(Type.Object({ do: Type.String(), risk, sentences: Type.Array(Type.String()) })),
  steps: Type.Array(plannedStep),
  problems: Type.Array(dataProblem),
  /** Permission tests that pass now and would not; they stand in the way. */
  tests: Type.Array(testOutcome),
  /** Indexes that the rules it sets would lack and the present ones don't; each with an action that can join the others. */
  advice: Type.Array(advice),
});
export type ChangeSetPreview = Static<typeof preview>;

export const changeSet = Type.Object({
  id: uuid,
  number: Type.Integer(),
  status: Type.Enum([...changeSetStatuses]),
  kind: Type.Enum([...changeSetKinds]),
  /** The change set that it undoes, or the undo that it takes back. */
  of: nullable(uuid),
  summary: Type.String(),
  baseVersion: Type.Integer(),
  /** Ids of the models it touches. */
  models: Type.Array(Type.String()),
  isUndone: Type.Boolean(),
  runId: nullable(uuid),
  progress: Type.Object({
    step: Type.Optional(Type.Integer()),
    of: Type.Optional(Type.Integer()),
    sentence: Type.Optional(Type.String()),
    rows: Type.Optional(Type.Integer()),
    total: Type.Optional(nullable(Type.Integer())),
  }),
  error: nullable(Type.Object({ code: Type.String(), message: Type.String(), details: Type.Optional(Type.Unknown()) })),
  createdBy: nullable(uuid),
  createdAt: timestamp,
  finishedAt: nullable(timestamp),
});
export type ChangeSet = Static<typeof changeSet>;

export const changeSetDetail = Type.Intersect([
  changeSet,
  Type.Object({ actions: Type.Array(Type.Unknown()), steps: Type.Array(plannedStep) }),
]);
export type ChangeSetDetail = Static<typeof changeSetDetail>;

const tag = 'change sets';
const path = '/api/projects/:project/change-sets';

export const previewChangeSet = route({
  method: 'POST',
  path: `${path}/preview`,
  summary: 'What a change of the definitions would do: its SQL, its risk, and the values that stand in the way. Changes nothing.',
  tag,
  params: projectParams,
  body: strict({ actions }),
  reply: dataOf(preview),
});

export const applyChangeSet = route({
  method: 'POST',
  path,
  summary:
    'Change the definitions. Answers when the change is in force, or after some seconds with the change set still `applying`.',
  tag,
  params: projectParams,
  body: strict({
    actions,
    /** Refused with 409 when the definitions have changed since. */
    baseVersion: Type.Optional(Type.Integer({ minimum: 0 })),
    summary: Type.Optional(Type.String({ maxLength: limits.title })),
    /** Without it, what loses values is refused with 422. */
    acceptLoss: Type.Optional(Type.Boolean()),
  }),
  /** Null: it changes nothing. */
  reply: dataOf(nullable(changeSetDetail)),
});

export const listChangeSets = route({
  method: 'GET',
  path,
  summary: 'The history of the definitions, newest first.',
  tag,
  params: projectParams,
  query: strict({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageSize })),
    /** Number of a change set: those before it. */
    before: Type.Optional(Type.Integer({ minimum: 1 })),
  }),
  reply: listOf(changeSet),
});

export const readChangeSet = route({
  method: 'GET',
  path: `${path}/:id`,
  summary: 'One change set: what it did or is doing, step by step.',
  tag,
  params: changeSetParams,
  reply: dataOf(changeSetDetail),
});

export const undoChangeSet = route({
  method: 'POST',
  path: `${path}/:id/undo`,
  summary: 'Take a change set back, values included, unless a later one touched the same models.',
  tag,
  params: changeSetParams,
  reply: dataOf(changeSetDetail),
});

export const redoChangeSet = route({
  method: 'POST',
  path: `${path}/:id/redo`,
  summary: 'Apply a change set again that was taken back.',
  tag,
  params: changeSetParams,
  reply: dataOf(changeSetDetail),
});

export const emptyBin = route({
  method: 'POST',
  path: '/api/projects/:project/bin/empty',
  summary: 'Remove deleted fields and models, and the values that changes of type replaced, for good.',
  tag,
  params: projectParams,
  reply: dataOf(changeSetDetail),
});

/** The same for the fields that the instance owner added to Piper's own models. */
const instancePath = '/api/change-sets';
const ofInstance = { params: strict({}) };
const oneOfInstance = { params: strict({ id: uuid }) };

export const previewInstanceChangeSet = { ...previewChangeSet, ...ofInstance, path: `${instancePath}/preview` };
export const applyInstanceChangeSet = { ...applyChangeSet, ...ofInstance, path: instancePath };
export const listInstanceChangeSets = { ...listChangeSets, ...ofInstance, path: instancePath };
export const readInstanceChangeSet = { ...readChangeSet, ...oneOfInstance, path: `${instancePath}/:id` };
export const undoInstanceChangeSet = { ...undoChangeSet, ...oneOfInstance, path: `${instancePath}/:id/undo` };
export const redoInstanceChangeSet = { ...redoChangeSet, ...oneOfInstance, path: `${instancePath}/:id/redo` };
export const emptyInstanceBin = { ...emptyBin, ...ofInstance, path: '/api/bin/empty' };
