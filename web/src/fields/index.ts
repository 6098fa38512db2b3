/** The registry of field types: the browser's half. Its keys equal those of shared/src/fields (parity-tested). */
import { boolean } from './boolean/index.tsx';
import { dateTime } from './date-time/index.tsx';
import { decimal } from './decimal/index.tsx';
import { email } from './email/index.tsx';
import type { FieldUi } from './field-ui.ts';
import { integer } from './integer/index.tsx';
import { json } from './json/index.tsx';
import { longText } from './long-text/index.tsx';
import { relation } from './relation/index.tsx';
import { select } from './select/index.tsx';
import { text } from './text/index.tsx';
import { uuid } from './uuid/index.tsx';

export const fieldUis: ReadonlyMap<string, FieldUi> = new Map(
  [text, longText, integer, decimal, boolean, dateTime, select, json, uuid, email, relation].map((ui) => [ui.name, ui]),
);

/** How a field looks; one of a type this build does not know yet is shown as text. */
export const fieldUiOf = (type: string): FieldUi => fieldUis.get(type) ?? text;
