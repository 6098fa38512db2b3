/** Prompts, their versions and labels: the routes of the prompts feature. */
import Type, { type Static } from 'typebox';
import { dataOf, idParams, nullable, route, strict, timestamp, uuid } from './contract.ts';
import { limits } from './limits.ts';

const tag = 'prompts';

export const promptVariable = strict({
  name: Type.String({ minLength: 1, maxLength: limits.promptVariableName }),
  type: Type.Optional(Type.Enum(['text', 'number', 'boolean', 'select', 'date'], { default: 'text' })),
  options: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: limits.title }), {
      maxItems: limits.promptVariableChoices,
      uniqueItems: true,
    }),
  ),
  default: Type.Optional(Type.Union([Type.String({ maxLength: limits.promptContent }), Type.Number(), Type.Boolean()])),
  description: Type.Optional(Type.String({ maxLength: limits.description })),
});

/** What a prompt asks of the AI model; what is left out is the instance's default. */
export const promptSettings = strict({
  aiModel: Type.Optional(Type.String({ minLength: 1, maxLength: limits.title })),
  temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
  maxTokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  /** Names of the tools the AI model may call: `search_project`, and what features contribute. Unknown ones are not offered. */
  tools: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z][a-z0-9_]{0,63}$' }), { maxItems: 50, uniqueItems: true })),
});
export type PromptSettings = Static<typeof promptSettings>;

export const promptRole = Type.Enum(['system', 'user']);
const title = Type.String({ minLength: 1, maxLength: limits.title, pattern: '\\S' });
const content = Type.String({ maxLength: limits.promptContent });
const variables = Type.Array(promptVariable, { maxItems: limits.promptVariables });
const note = Type.String({ maxLength: limits.description });
const number = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

/** A version is immutable. */
export const promptVersionReply = Type.Object({
  id: uuid,
  promptId: uuid,
  number: Type.Integer(),
  content: Type.String(),
  role: promptRole,
  variables: Type.Array(promptVariable),
  settings: promptSettings,
  note: Type.String(),
  labels: Type.Array(Type.String()),
  createdAt: timestamp,
  createdBy: nullable(uuid),
});
export type PromptVersionReply = Static<typeof promptVersionReply>;

/** A prompt with the content of its newest version. */
export const promptReply = Type.Object({
  id: uuid,
  projectId: uuid,
  title: Type.String(),
  active: Type.Boolean(),
  latestVersion: Type.Integer(),
  content: Type.String(),
  role: promptRole,
  variables: Type.Array(promptVariable),
  settings: promptSettings,
  labels: Type.Array(Type.Object({ label: Type.String(), number: Type.Integer() })),
  createdAt: timestamp,
  updatedAt: timestamp,
  createdBy: nullable(uuid),
  version: Type.Integer(),
});
export type PromptReply = Static<typeof promptReply>;

const versionFields = {
  variables: Type.Optional(variables),
  settings: Type.Optional(promptSettings),
  role: Type.Optional(promptRole),
  note: Type.Optional(note),
};

export const createPrompt = route({
  method: 'POST',
  path: '/api/prompts',
  tag,
  summary: 'Create a prompt with its version 1. The first of a project becomes active.',
  status: 201,
  body: strict({
    projectId: Type.String({ minLength: 1, maxLength: 80 }),
    title,
    content,
    ...versionFields,
    active: Type.Optional(Type.Boolean()),
  }),
  reply: dataOf(promptReply),
});

export const readPrompt = route({
  method: 'GET',
  path: '/api/prompts/:id',
  tag,
  summary: 'Read a prompt with the content of its newest version.',
  params: idParams,
  reply: dataOf(promptReply),
});

export const updatePrompt = route({
  method: 'PATCH',
  path: '/api/prompts/:id',
  tag,
  summary: 'Change a prompt. Another content, role, variables or settings make a new version.',
  params: idParams,
  body: strict(
    { title: Type.Optional(title), content: Type.Optional(content), ...versionFields, active: Type.Optional(Type.Boolean()) },
    { minProperties: 1 },
  ),
  reply: dataOf(promptReply),
});

export const deletePrompt = route({
  method: 'DELETE',
  path: '/api/prompts/:id',
  tag,
  summary: 'Delete a prompt with its versions. If it was active, the newest one left becomes active.',
  status: 204,
  params: idParams,
});

export const activatePrompt = route({
  method: 'POST',
  path: '/api/prompts/:id/activate',
  tag,
  summary: 'Make this the active prompt of its project.',
  params: idParams,
  reply: dataOf(promptReply),
});

export const createPromptVersion = route({
  method: 'POST',
  path: '/api/prompts/:id/versions',
  tag,
  summary: 'Add a version, also when nothing changed. What is left out is taken from the newest one.',
  status: 201,
  params: idParams,
  body: strict({ content: Type.Optional(content), ...versionFields }),
  reply: dataOf(promptVersionReply),
});

export const listPromptVersions = route({
  method: 'GET',
  path: '/api/prompts/:id/versions',
  tag,
  summary: 'List the versions, newest first.',
  params: idParams,
  query: strict({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: limits.defaultPageSize })),
    before: Type.Optional(number),
  }),
  /** `meta.before` reads on; null at the end. */
  reply: Type.Object({ data: Type.Array(promptVersionReply), meta: Type.Object({ before: nullable(Type.Integer()) }) }),
});

const versionParams = strict({ id: uuid, number });

export const readPromptVersion = route({
  method: 'GET',
  path: '/api/prompts/:id/versions/:number',
  tag,
  summary: 'Read one version.',
  params: versionParams,
  reply: dataOf(promptVersionReply),
});

export const restorePromptVersion = route({
  method: 'POST',
  path: '/api/prompts/:id/versions/:number/restore',
  tag,
  summary: 'Make a new version with the content of this one.',
  status: 201,
  params: versionParams,
  reply: dataOf(promptVersionReply),
});

const labelParams = strict({ id: uuid, label: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,49}$' }) });

export const setPromptLabel = route({
  method: 'PUT',
  path: '/api/prompts/:id/labels/:label',
  tag,
  summary: 'Put a label on a version; it moves there when it sat on another one.',
  params: labelParams,
  body: strict({ number }),
  reply: dataOf(Type.Object({ label: Type.String(), number: Type.Integer() })),
});

export const removePromptLabel = route({
  method: 'DELETE',
  path: '/api/prompts/:id/labels/:label',
  tag,
  summary: 'Take a label off.',
  status: 204,
  params: labelParams,
});

export const renderPromptPreview = route({
  method: 'POST',
  path: '/api/prompts/:id/render',
  tag,
  summary: 'Fill in the variables of a version (the newest one by default) and read the result.',
  params: idParams,
  body: strict({
    values: Type.Optional(Type.Record(Type.String({ maxLength: limits.promptVariableName }), Type.Unknown())),
    number: Type.Optional(number),
  }),
  reply: dataOf(Type.Object({ text: Type.String(), number: Type.Integer() })),
});
