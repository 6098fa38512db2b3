/** Contracts of AI models and of the keys of their providers. */
import Type, { type Static } from 'typebox';
import { dataOf, listOf, nullable, route, strict, timestamp, uuid } from './contract.ts';
import { limits } from './limits.ts';

export const aiModel = Type.Object({
  /** `<provider>/<id>`. */
  id: Type.String(),
  name: Type.String(),
  provider: Type.String(),
  contextTokens: nullable(Type.Number()),
  /** Millionths of a US dollar per token; null where the price is unknown. */
  price: nullable(Type.Object({ input: Type.Number(), output: Type.Number() })),
  capabilities: Type.Object({ tools: Type.Boolean(), images: Type.Boolean(), files: Type.Boolean(), reasoning: Type.Boolean() }),
});
export type AiModelReply = Static<typeof aiModel>;

export const listAiModels = route({
  method: 'GET',
  path: '/api/ai-models',
  summary: 'List the AI models you can use, of every provider that is set up.',
  tag: 'ai-models',
  query: strict({
    refresh: Type.Optional(
      Type.Boolean({ description: 'Ask the providers again instead of using lists up to five minutes old.' }),
    ),
  }),
  reply: Type.Object({
    data: Type.Array(aiModel),
    meta: Type.Object({
      /** What is used where nothing was chosen. */
      default: Type.String(),
      /** What the first part of an id is called, also for providers that are not set up. */
      providers: Type.Array(Type.Object({ name: Type.String(), label: Type.String() })),
      /** Providers that are set up, but did not answer; their models are missing from the list. */
      problems: Type.Array(Type.Object({ provider: Type.String(), code: Type.String(), message: Type.String() })),
    }),
  }),
});

/** `own`: for the one who is signed in. `instance`: for everybody; set by owners and administrators. */
const scope = Type.Union([Type.Literal('own'), Type.Literal('instance')]);
export type ProviderKeyScope = Static<typeof scope>;

export const providerKey = Type.Object({
  id: uuid,
  provider: Type.String(),
  scope,
  label: Type.String(),
  /** The last four characters; null without a key, and when it cannot be decrypted any more. */
  last4: nullable(Type.String()),
  /** False when it was encrypted with another ENCRYPTION_KEY: it must be set again. */
  readable: Type.Boolean(),
  baseUrl: nullable(Type.String()),
  updatedAt: timestamp,
});
export type ProviderKeyReply = Static<typeof providerKey>;

export const provider = Type.Object({
  name: Type.String(),
  label: Type.String(),
  needsKey: Type.Boolean(),
  defaultBaseUrl: nullable(Type.String()),
  /** Where the access comes from that is used now; null when it is not set up. */
  source: nullable(Type.Union([scope, Type.Literal('environment')])),
});
export type ProviderReply = Static<typeof provider>;

const params = strict({ provider: Type.String({ pattern: '^[a-z0-9-]{1,40}$' }) });
const apiKey = Type.String({
  minLength: 1,
  maxLength: 1_000,
  pattern: '^[!-~]+$',
  description: 'Printable characters without spaces.',
});
const baseUrl = Type.String({ minLength: 1, maxLength: 2_000 });

export const listProviderKeys = route({
  method: 'GET',
  path: '/api/provider-keys',
  summary: 'List your provider keys, and as an administrator those of the instance. Secrets are never returned.',
  tag: 'provider-keys',
  reply: Type.Object({ data: Type.Array(providerKey), meta: Type.Object({ providers: Type.Array(provider) }) }),
});

export const putProviderKey = route({
  method: 'PUT',
  path: '/api/provider-keys/:provider',
  summary: 'Set the key or the address of a provider.',
  tag: 'provider-keys',
  params,
  body: strict({
    scope: Type.Optional(scope),
    /** Left out: the stored one stays. Null: none. A changed address asks for the key again. */
    apiKey: Type.Optional(nullable(apiKey)),
    /** Left out: the stored one stays. Null: the provider's own. */
    baseUrl: Type.Optional(nullable(baseUrl)),
    label: Type.Optional(Type.String({ maxLength: limits.title })),
  }),
  reply: dataOf(providerKey),
});

export const deleteProviderKey = route({
  method: 'DELETE',
  path: '/api/provider-keys/:provider',
  summary: 'Remove the key of a provider.',
  tag: 'provider-keys',
  params,
  query: strict({ scope: Type.Optional(scope) }),
  status: 204,
});

export const checkProviderKey = route({
  method: 'POST',
  path: '/api/provider-keys/:provider/check',
  summary: 'Prove that a key works, by listing its models: the one given, or else the one in use.',
  tag: 'provider-keys',
  params,
  body: strict({ apiKey: Type.Optional(apiKey), baseUrl: Type.Optional(baseUrl) }),
  reply: listOf(aiModel),
});
