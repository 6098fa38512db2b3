/** The steps of a change set, as they are stored with it: a run cut off goes on from them, and people read what they do. */
import type { Risk } from '@piper/shared/data-models';

/** `prepare` adds, beside what is in use; `switch` is one transaction from the old definitions to the new; `clean` removes what is over. */
export type Phase = 'prepare' | 'switch' | 'clean';

export type LockMode = 'access exclusive' | 'share row exclusive';

export interface Lock {
  /** `schema.name` */
  table: string;
  mode: LockMode;
}

export interface Batch {
  table: string;
  /** Assignments over the row `t`; absent, without `into` too: the rows are deleted. */
  set?: string;
  /** The rows are copied into another table, unless they are there. */
  into?: { table: string; columns: string };
  where: string;
}

export interface Step {
  phase: Phase;
  /**
   * `brief`: holds a lock that stops others, for an instant. `online`: may take long and stops nobody. `index`: built beside
   * the work on its table. `batch`: changes rows, some at a time.
   */
  kind: 'brief' | 'online' | 'index' | 'batch';
  /** Id of the model. */
  model: string;
  sql: string;
  /** What a brief step locks. */
  locks?: Lock[];
  /** A query whose first column says that the step has been done. */
  done?: string;
  /** What takes its effect back, if the change set fails before the switch. Repeatable. */
  undo?: { sql: string; locks?: Lock[] };
  batch?: Batch;
  /** Of an index: `schema.name`. */
  index?: string;
  risk: Risk;
  /** For people. */
  sentence: string;
}

/** Values that stand in the way or would be lost, as queries over the tables as they are. */
export interface Check {
  kind: 'unconvertible' | 'disallowed' | 'missing' | 'duplicate' | 'dangling';
  /** Of model and fields. */
  model: string;
  fields: string[];
  table: string;
  /** Rows in question: over `t`. */
  where: string;
  /** What they hold, as text: over `t`. */
  value: string;
  /** Values that must not repeat; only of `duplicate`. */
  group?: string[];
  /** `loss`: goes on, without these values, or with what the definitions do not allow. `obstacle`: can't go on. */
  effect: 'loss' | 'obstacle';
  /** Of a field that comes back from the bin. */
  isBack?: true;
}

export interface Plan {
  steps: Step[];
  checks: Check[];
}
