/** What computed fields need of the compiler they are part of; it hands itself in, so that the two need not import each other. */
import type { Field } from '@piper/shared/data-model';
import type { Condition } from '@piper/shared/filter/ast';
import type { Place } from '../place.ts';
import type { SqlWriter } from '../sql-writer.ts';

export interface Compile {
  /** The value of a field as the place's eyes see it. */
  value(w: SqlWriter, field: Field, place: Place): string;
  condition(w: SqlWriter, condition: Condition, place: Place): string;
  /** Which records of the place's model may be seen. */
  visible(w: SqlWriter, place: Place): string;
}

/** Where an expression is written. */
export interface Writing {
  w: SqlWriter;
  place: Place;
  compile: Compile;
}
