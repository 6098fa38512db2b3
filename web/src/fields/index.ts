/** The registry of field types: the browser's half. Its keys equal those of shared/src/fields (parity-tested). */
import type { VisibleField } from '../platform/records.ts';
import { anyRelation } from './any-relation/index.tsx';
import { autoNumber } from './auto-number/index.tsx';
import { boolean } from './boolean/index.tsx';
import { colour } from './colour/index.tsx';
import { currency } from './currency/index.tsx';
import { dateTime } from './date-time/index.tsx';
import { date } from './date/index.tsx';
import { decimal } from './decimal/index.tsx';
import { duration } from './duration/index.tsx';
import { email } from './email/index.tsx';
import type { FieldUi } from './field-ui.ts';
import { file } from './file/index.tsx';
import { files } from './files/index.tsx';
import { formula } from './formula/index.tsx';
import { geoPoint } from './geo-point/index.tsx';
import { image } from './image/index.tsx';
import { images } from './images/index.tsx';
import { integer } from './integer/index.tsx';
import { json } from './json/index.tsx';
import { longText } from './long-text/index.tsx';
import { lookup } from './lookup/index.tsx';
import { multiSelect } from './multi-select/index.tsx';
import { percent } from './percent/index.tsx';
import { phone } from './phone/index.tsx';
import { rating } from './rating/index.tsx';
import { relation } from './relation/index.tsx';
import { richText } from './rich-text/index.tsx';
import { rollup } from './rollup/index.tsx';
import { select } from './select/index.tsx';
import { text } from './text/index.tsx';
import { timeOfDay } from './time/index.tsx';
import { url } from './url/index.tsx';
import { user } from './user/index.tsx';
import { uuid } from './uuid/index.tsx';

const all = [
  [text, longText, richText, email, url, phone],
  [integer, decimal, currency, percent, rating, autoNumber],
  [date, dateTime, timeOfDay, duration],
  [boolean, select, multiSelect],
  [relation, anyRelation, user],
  [formula, lookup, rollup],
  [file, files, image, images, geoPoint, colour, json, uuid],
].flat();

export const fieldUis: ReadonlyMap<string, FieldUi> = new Map(all.map((ui) => [ui.name, ui]));

/** How a field looks: a computed one as its result; one of a type this build does not know yet as text. */
export const fieldUiOf = ({ type, result }: Pick<VisibleField, 'type' | 'result'>): FieldUi =>
  fieldUis.get(result ?? type) ?? text;
