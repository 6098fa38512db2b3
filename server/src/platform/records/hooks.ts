/** What a feature adds to the records engine: its system models, and hooks into their writes. */
import type { DataModel } from '@piper/shared/data-model';
import type { Ctx, TxCtx } from '../ctx.ts';

/** A record as on the wire: keys are field keys. */
export type Values = Record<string, unknown>;

/** Each runs inside the write's transaction, after the rules allowed it; throwing undoes the write. A model without hooks is written in one statement. */
export interface WriteHooks {
  /** May change or complete the values; keys that are no fields (a prompt's `content`) arrive in `extra`. */
  beforeCreate?(ctx: TxCtx, values: Values, extra: Values): Promise<Values>;
  afterCreate?(ctx: TxCtx, record: Values, extra: Values): Promise<void>;
  beforeUpdate?(ctx: TxCtx, before: Values, changes: Values, extra: Values): Promise<Values>;
  afterUpdate?(ctx: TxCtx, before: Values, after: Values, extra: Values): Promise<void>;
  beforeDelete?(ctx: TxCtx, before: Values): Promise<void>;
  afterDelete?(ctx: TxCtx, before: Values): Promise<void>;
  /** The id another reference means (a slug, also a former one), wherever an id stands in an address or a body. It reveals nothing: rules apply after it. */
  resolveId?(ctx: Ctx, reference: string): Promise<string | undefined>;
  /** JSON Schemas of what create and update take besides the model's own fields. */
  extraCreate?: Record<string, object>;
  extraUpdate?: Record<string, object>;
}

export interface SystemModel {
  model: DataModel;
  hooks?: WriteHooks;
}

declare module '../feature.ts' {
  interface Feature {
    systemModels?: SystemModel[];
  }
}
