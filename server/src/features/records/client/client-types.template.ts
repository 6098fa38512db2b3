/* The types of the client's fixed part. client-file.ts puts those made of a project's definitions in the place of the import. */
import type { Action, ModelName, Models } from './sample-models.ts';

export type Name = keyof Models;
type Related<T> = T extends Name ? T : never;
/** Every value a record of the model can show. */
type Values<K extends Name> = Models[K]['record'] & Models[K]['onDemand'];

/** What comes of a record: names of fields, `'*'`, functions (`'year(createdAt)'`), and related records: `['name', { author: ['name'] }]`. */
export type Fields<K extends Name> = readonly FieldOf<K>[];
type FieldOf<K extends Name> =
  | '*'
  | 'allowedActions'
  | (keyof Values<K> & string)
  | (keyof Models[K]['many'] & string)
  | Models[K]['calls']
  | RelatedFields<K>;
type Crossing<K extends Name> = keyof Models[K]['one'] | keyof Models[K]['many'] | keyof Models[K]['any'];
/** One object type: an intersection with an empty one would take any text. */
type RelatedFields<K extends Name> = [Crossing<K>] extends [never] ? never : { readonly [W in Crossing<K>]?: FieldsBehind<K, W> };
type FieldsBehind<K extends Name, W> = W extends keyof Models[K]['one']
  ? Fields<Related<Models[K]['one'][W]>>
  : W extends keyof Models[K]['many']
    ? Fields<Related<Models[K]['many'][W]>>
    : W extends keyof Models[K]['any']
      ? { readonly [T in Related<Models[K]['any'][W]>]?: Fields<T> }
      : never;

type Flat<T> = { [P in keyof T]: T[P] } & {};
type KeyIn<O> = O extends object ? keyof O : never;
type ValueIn<O, W> = O extends object ? (W extends keyof O ? O[W] : never) : never;
type CallName<C> = C extends `${infer F}(${infer P})` ? `${P}_${F}` : never;

type PlainPart<K extends Name, E> = ('*' extends E ? Models[K]['record'] : unknown) &
  Pick<Values<K>, Extract<E, keyof Values<K>>> & { [W in Extract<E, keyof Models[K]['many']>]: string[] } & {
    [C in Extract<E, Models[K]['calls']> as CallName<C>]: number | null;
  } & ('allowedActions' extends E ? { allowedActions: Action[] } : unknown);

type RelatedPart<K extends Name, O> = {
  [W in KeyIn<O> & string]: W extends keyof Models[K]['one']
    ? Shape<Related<Models[K]['one'][W]>, ValueIn<O, W>> | null
    : W extends keyof Models[K]['many']
      ? Shape<Related<Models[K]['many'][W]>, ValueIn<O, W>>[]
      : W extends keyof Models[K]['any']
        ? AnyPart<ValueIn<O, W>> | AnyLink | null
        : never;
};
type AnyPart<O> = { [T in KeyIn<O> & Name]: Flat<Shape<T, ValueIn<O, T>> & { id: string; $model: ModelKey<T> }> }[KeyIn<O> &
  Name];
/** Piper's own models have a `$` before their key here, so that none is mistaken for one of the project's. */
type ModelKey<T> = T extends `$${infer Own}` ? Own : T;

/** A record of one of several models. */
export interface AnyLink {
  model: string;
  id: string;
}

/** A record in the shape that `fields` ask for. */
export type Selected<K extends Name, F extends readonly unknown[]> = Flat<
  Omit<PlainPart<K, F[number]>, KeyIn<Extract<F[number], object>>> & RelatedPart<K, Extract<F[number], object>>
>;
export type Shape<K extends Name, F> = F extends readonly unknown[] ? Selected<K, F> : Models[K]['record'];

type SortKey<K extends Name> =
  | Models[K]['sort']
  | Models[K]['calls']
  | { [W in keyof Models[K]['one'] & string]: `${W}.${Models[Related<Models[K]['one'][W]>]['sort']}` }[keyof Models[K]['one'] &
      string];
export type Sort<K extends Name> = SortKey<K> | `-${SortKey<K>}`;
type OneOrMany<T> = T | readonly T[];

/** Of related lists: which of them, in which order, how many of each record. */
export type Deep<K extends Name> = { readonly [W in keyof Models[K]['one']]?: Deep<Related<Models[K]['one'][W]>> } & {
  readonly [W in keyof Models[K]['many']]?: DeepList<Related<Models[K]['many'][W]>>;
};
type DeepList<K extends Name> = Deep<K> & {
  readonly _filter?: Models[K]['filter'];
  readonly _sort?: OneOrMany<Sort<K>>;
  readonly _limit?: number;
  readonly _offset?: number;
  readonly _page?: number;
  readonly _search?: string;
};

export interface ReadQuery<K extends Name, F> {
  readonly fields?: F;
  readonly deep?: Deep<K>;
  readonly deleted?: 'only' | 'with';
  readonly signal?: AbortSignal;
}

export interface ListQuery<K extends Name, F> extends ReadQuery<K, F> {
  readonly filter?: Models[K]['filter'];
  readonly sort?: OneOrMany<Sort<K>>;
  /** Records of one page; -1 for as many as allowed. */
  readonly limit?: number;
  readonly offset?: number;
  readonly page?: number;
  readonly cursor?: string;
  readonly search?: string;
  readonly meta?: OneOrMany<'*' | 'total_count' | 'filter_count'>;
}

export interface Page<T> {
  data: T[];
  meta: { nextCursor?: string | null; total_count?: number; filter_count?: number };
}

export interface WriteOptions<F = undefined> {
  /** What comes back of the record. */
  readonly fields?: F;
  /** A write is done once under one key, however often it is sent. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}
export interface ChangeOptions<F = undefined> extends WriteOptions<F> {
  /** The version the record must have; another one is refused with 412. */
  readonly ifMatch?: number;
}
export interface DeleteOptions extends Omit<ChangeOptions, 'fields'> {
  /** For good, not to be restored. */
  readonly permanent?: boolean;
}

type Counts = 'count' | 'countAll' | 'countDistinct';
type Sums = 'sum' | 'sumDistinct' | 'avg' | 'avgDistinct';
type Ends = 'min' | 'max';
type ValueKey<K extends Name> = keyof Values<K> & string;
export type Aggregate<K extends Name> = { readonly [A in Counts]?: OneOrMany<'*' | ValueKey<K> | Models[K]['calls']> } & {
  readonly [A in Sums | Ends]?: OneOrMany<ValueKey<K> | Models[K]['calls']>;
};
export interface AggregateQuery<K extends Name, A extends Aggregate<K>, G> {
  readonly aggregate: A;
  readonly groupBy?: readonly G[];
  readonly filter?: Models[K]['filter'];
  readonly search?: string;
  /** Names of groups and aggregates: `'status'`, `'-sum.price'`. */
  readonly sort?: OneOrMany<string>;
  readonly limit?: number;
  readonly offset?: number;
  readonly signal?: AbortSignal;
}
type Listed<T> = T extends readonly (infer E)[] ? E : T;
type AggregateValue<K extends Name, N, P> = N extends Counts
  ? number
  : N extends Sums
    ? string | number | null
    : P extends keyof Values<K>
      ? Values<K>[P] | null
      : number | null;
/** One row of each group: the group's values, and `{ count: 3, sum: { price: '9.50' } }`. */
export type AggregateRow<K extends Name, A, G> = Flat<
  {
    [N in keyof A]: '*' extends Listed<A[N]> ? number : { [P in Listed<A[N]> & string]: AggregateValue<K, N, P> };
  } & { [P in Extract<G, keyof Values<K>>]: Values<K>[P] } & {
    [C in Extract<G, Models[K]['calls']> as CallName<C>]: number | null;
  }
>;

export interface Revision {
  id: string;
  at: string;
  type: 'created' | 'updated' | 'deleted' | 'restored';
  actor: string;
  by: { id: string; name: string | null } | null;
  changes: { field: string; before: unknown; after: unknown }[];
}

export interface RecordComment {
  id: string;
  text: string;
  createdAt: string;
  updatedAt: string;
  createdBy: string | null;
  by: { id: string; name: string | null } | null;
  version: number;
}

interface PageOptions {
  readonly limit?: number;
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

/** A change as its reader may see it. `entered` and `left`: a record came into the filter, or out of it, by a change. */
export type LiveEvent<K extends Name> =
  /** From here on nothing is missed: read now, and apply what follows. */
  | { type: 'subscribed'; cursor: string }
  /** What was missed can't be told, or rights, definitions or other records the filter looks at changed: read again. */
  | { type: 'snapshot_required' }
  | {
      type: 'created' | 'updated' | 'deleted' | 'restored' | 'entered' | 'left' | 'commented';
      id: string;
      before: Partial<Models[K]['record']> | null;
      after: Partial<Models[K]['record']> | null;
      /** As the log names who acted: `user:<id>`. */
      actor: string;
      at: string;
      /** Goes on after this event. */
      cursor: string;
      /** The event as it came. */
      data: Readonly<Record<string, unknown>>;
    };

export interface SubscribeOptions<K extends Name> {
  readonly filter?: Models[K]['filter'];
  /** What was missed since is told first. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}

type Selection<K extends Name> = Fields<K> | undefined;

/** The records of one data model. */
export interface Items<K extends ModelName> {
  list<const F extends Selection<K> = undefined>(query?: ListQuery<K, F>): Promise<Page<Shape<K, F>>>;
  /** Page after page, by cursors: nothing twice, nothing left out, whatever is written meanwhile. */
  pages<const F extends Selection<K> = undefined>(query?: ListQuery<K, F>): AsyncGenerator<Shape<K, F>[], void, undefined>;
  read<const F extends Selection<K> = undefined>(id: string, query?: ReadQuery<K, F>): Promise<Shape<K, F>>;
  aggregate<const A extends Aggregate<K>, const G extends ValueKey<K> | Models[K]['calls'] = never>(
    query: AggregateQuery<K, A, G>,
  ): Promise<AggregateRow<K, A, G>[]>;
  create<const F extends Selection<K> = undefined>(data: Models[K]['create'], options?: WriteOptions<F>): Promise<Shape<K, F>>;
  /** All or none. */
  createMany<const F extends Selection<K> = undefined>(
    data: readonly Models[K]['create'][],
    options?: WriteOptions<F>,
  ): Promise<Shape<K, F>[]>;
  update<const F extends Selection<K> = undefined>(
    id: string,
    data: Models[K]['update'],
    options?: ChangeOptions<F>,
  ): Promise<Shape<K, F>>;
  /** Gives several records the same values. All or none. */
  updateMany<const F extends Selection<K> = undefined>(
    ids: readonly string[],
    data: Models[K]['update'],
    options?: WriteOptions<F>,
  ): Promise<Shape<K, F>[]>;
  /** Creates the record, or changes the one that has the same unique values already. */
  upsert<const F extends Selection<K> = undefined>(
    on: Models[K]['unique'],
    data: Models[K]['create'],
    options?: WriteOptions<F>,
  ): Promise<Shape<K, F>>;
  delete(id: string, options?: DeleteOptions): Promise<void>;
  /** All or none. */
  deleteMany(ids: readonly string[], options?: Omit<DeleteOptions, 'ifMatch'>): Promise<void>;
  restore<const F extends Selection<K> = undefined>(id: string, options?: WriteOptions<F>): Promise<Shape<K, F>>;
  /** The newest first. */
  revisions(id: string, options?: PageOptions): Promise<Page<Revision>>;
  /** Gives the record the values of a revision; what can't be given back is `skipped`. */
  revert(id: string, revision: string, options?: ChangeOptions): Promise<{ data: Models[K]['record']; skipped: string[] }>;
  /** The oldest first. */
  comments(id: string, options?: PageOptions): Promise<Page<RecordComment>>;
  comment(id: string, text: string, options?: WriteOptions): Promise<RecordComment>;
  /** Hears changes until the signal or the loop ends, over lost connections too. */
  subscribe(options?: SubscribeOptions<K>): AsyncGenerator<LiveEvent<K>, void, undefined>;
}

/** Stands for the id of the record that an earlier operation called so. */
export interface Ref {
  $ref: string;
}
type WithRefs<T> = { [P in keyof T]: T[P] | Ref | readonly (Ref | string)[] };
type OperationOn<K extends ModelName> =
  | { op: 'create'; model: K; data: WithRefs<Models[K]['create']>; ref?: string }
  | { op: 'update'; model: K; id: string | Ref; data: WithRefs<Models[K]['update']>; ifMatch?: number; ref?: string }
  | {
      op: 'upsert';
      model: K;
      on: readonly (keyof Models[K]['create'] & string)[];
      data: WithRefs<Models[K]['create']>;
      ref?: string;
    }
  | { op: 'delete'; model: K; id: string | Ref; ifMatch?: number; permanent?: boolean }
  | { op: 'restore'; model: K; id: string | Ref; ref?: string };
export type Operation = { [K in ModelName]: OperationOn<K> }[ModelName];
type ResultOf<O> = O extends { op: 'delete' }
  ? null
  : O extends { model: infer K extends ModelName }
    ? Models[K]['record']
    : never;

export interface Client {
  items<K extends ModelName>(model: K): Items<K>;
  /** Writes records of several models in one transaction; the results come in the order of the operations. */
  batch<const O extends readonly Operation[]>(
    operations: O,
    options?: { readonly idempotencyKey?: string; readonly signal?: AbortSignal },
  ): Promise<{ -readonly [I in keyof O]: ResultOf<O[I]> }>;
}
