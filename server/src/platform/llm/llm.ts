/** The AI providers, as features see them: one registry that finds the provider and the key of an AI model and reads its stream. */
import type { ErrorCode } from '@piper/shared/errors';
import type { Ctx } from '../ctx.ts';
import type { AiModel, ChatRequest, Provider, ProviderAccess, ProviderPart } from './provider.ts';

export interface Llm {
  /** Every provider, the contributed ones (`local`) last. */
  providers: readonly Provider[];
  /** Those outside, which take a key or an address. */
  configurable: readonly Provider[];
  /**
   * Finds the provider and the credentials of `<provider>/<model id>`: the acting user's own key, else the instance's, else
   * the environment's. Throws `ai_model_unknown` or `provider_not_configured`.
   */
  resolve(ctx: Ctx, aiModel: string): Promise<ResolvedAiModel>;
  /** Resolves `request.aiModel` and streams its answer; see Provider.stream for what it throws. Measures latency, tokens and errors. */
  stream(ctx: Ctx, request: ModelRequest): AsyncIterable<ProviderPart>;
  /** The AI models this actor may use, of all configured providers. What one provider refuses does not hide the others. */
  listModels(ctx: Ctx, options?: { refresh?: boolean }): Promise<ModelList>;
  /** What is used where nothing was chosen: AI_PROVIDER and AI_MODEL, else the first configured provider's, else `local/piper`. */
  defaultModel(ctx: Ctx): Promise<string>;
  /** What is known of one AI model (price, capabilities); null when its provider does not list it or can't be asked now. */
  describeModel(ctx: Ctx, aiModel: string): Promise<AiModel | null>;
  /** Lists the models with exactly this access: the proof that a key works. Throws like Provider.listModels. */
  check(provider: string, access: ProviderAccess): Promise<AiModel[]>;
  /** Forgets the cached lists: call it after a key changed. */
  forget(): void;
}

export interface ResolvedAiModel {
  /** `<provider>/<id>`. */
  id: string;
  provider: Provider;
  /** The id as the provider knows it. */
  aiModel: string;
  access: ProviderAccess;
}

/** A ChatRequest whose `aiModel` is `<provider>/<id>`. */
export interface ModelRequest extends Omit<ChatRequest, 'scope'> {
  /** Where the answer belongs; the local provider searches there. */
  projectId?: string | undefined;
  threadId?: string | undefined;
}

export interface ModelList {
  models: AiModel[];
  failures: { provider: string; code: ErrorCode; message: string }[];
}

/** Stored keys that apply to the actor, the user's own before the instance's. */
export type FindProviderAccess = (ctx: Ctx) => Promise<StoredAccess[]>;

export interface StoredAccess {
  provider: string;
  access: ProviderAccess;
}

declare module '../deps.ts' {
  interface Deps {
    llm: Llm;
  }
}

declare module '../feature.ts' {
  interface Feature {
    /** AI providers a feature brings itself; their `stream` gets `request.scope`. */
    providers?: Provider[];
    /** Keys kept in the database. */
    providerAccess?: FindProviderAccess;
  }
}
