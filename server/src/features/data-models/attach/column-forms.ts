/**
 * What becomes of a column: for each type of PostgreSQL the field type that holds its values, and how they are read. Reading is
 * SQL that the foreign server runs; where a value has no counterpart it gives null, and such values are counted and reported.
 */
import { limits } from '@piper/shared/limits';
import type { InspectedColumn, Measured, PgType } from './inspected.ts';

export interface Form {
  /** Name of the field type. */
  type: string;
  options?: Record<string, unknown>;
  /** The value in Piper's form, as SQL over the column. */
  read(column: string): string;
  /** Whether `read` may give null for a value that is there. */
  isLossy?: boolean;
  /** How the values differ from what they were. */
  note?: string;
}

interface Kind {
  form(type: PgType, measured: Measured): Form;
  /** Whether values exist that need the wide form: an SQL condition over the column. */
  wide?(column: string): string;
  /** The length of the longest text decides. */
  isText?: boolean;
}

const asText = (column: string): string => `${column}::text`;
const plain = (type: string, cast: string, more: Partial<Form> = {}): Form => ({ type, read: (c) => `${c}::${cast}`, ...more });
const always = (form: Form): Kind => ({ form: () => form });
const text = always({ type: 'text', read: asText });

/** Lists and searches stay quick with texts up to here in one line; longer ones get a field of several lines. */
const shortText = 500;
const inYears = (column: string): string => `isfinite(${column}) and ${column} >= '0001-01-01' and ${column} < '10000-01-01'`;

const texts: Kind = {
  isText: true,
  form: ({ length }, { longest }) => {
    const isShort = Math.min(length ?? Infinity, longest ?? 0) <= shortText;
    const most = isShort ? limits.textLength : limits.longTextLength;
    const options = length === undefined || length > most ? {} : { options: { maxLength: length } };
    return { type: isShort ? 'text' : 'long-text', ...options, read: asText };
  },
};

const floats: Kind = always({
  type: 'decimal',
  // By way of its text, which is the shortest that means the same number; a plain cast keeps 15 digits only.
  read: (c) => `case when ${c} not in ('NaN', 'Infinity', '-Infinity') then ${c}::text::numeric end`,
  isLossy: true,
});

const moment = (read: (column: string) => string, note?: string): Kind =>
  always({
    type: 'date-time',
    read: (c) => `case when ${inYears(c)} then ${read(c)} end`,
    isLossy: true,
    ...(note === undefined ? {} : { note }),
  });

const kinds: Readonly<Record<string, Kind>> = {
  int2: always(plain('integer', 'bigint')),
  int4: always(plain('integer', 'bigint')),
  int8: {
    form: (_type, { wide, isUnknown }) =>
      wide
        ? plain('decimal', 'numeric', {
            options: { scale: 0 },
            note: `Its numbers ${isUnknown ? 'may be' : 'are'} larger than whole numbers can be here; it became a decimal.`,
          })
        : plain('integer', 'bigint'),
    wide: (c) => `${c} not between -9007199254740991 and 9007199254740991`,
  },
  oid: always(plain('integer', 'bigint')),
  numeric: {
    form: ({ scale }) => ({
      type: 'decimal',
      ...(scale === undefined || scale > 100 ? {} : { options: { scale } }),
      read: (c) => `case when ${c}::text not in ('NaN', 'Infinity', '-Infinity') then ${c}::numeric end`,
      isLossy: true,
    }),
  },
  money: always(plain('decimal', 'numeric', { note: 'Its currency is not known to the database; it became a decimal.' })),
  float4: floats,
  float8: floats,
  bool: always(plain('boolean', 'boolean')),
  text: texts,
  varchar: texts,
  bpchar: texts,
  citext: {
    ...texts,
    form: (type, measured) => ({ ...texts.form(type, measured), note: 'Here it matters whether letters are large or small.' }),
  },
  name: text,
  char: text,
  ltree: text,
  xml: always({ type: 'long-text', read: asText }),
  date: always({ type: 'date', read: (c) => `case when ${inYears(c)} then ${c}::date end`, isLossy: true }),
  timestamp: moment((c) => `${c} at time zone 'UTC'`, 'It names no time zone; it is taken as UTC.'),
  timestamptz: moment((c) => `${c}::timestamptz`),
  time: {
    form: (_type, { wide, isUnknown }) =>
      wide
        ? {
            type: 'text',
            read: asText,
            note: `It ${isUnknown ? 'may have' : 'has'} parts of milliseconds, which a time does not hold; it became a text.`,
          }
        : { type: 'time', read: (c) => `case when ${c}::time(3) < '24:00' then ${c}::time(3) end`, isLossy: true },
    wide: (c) => `${c} <> ${c}::time(3)`,
  },
  timetz: always({
    type: 'text',
    read: asText,
    note: 'A time of day with a time zone has no type of its own; it became a text.',
  }),
  interval: {
    form: (_type, { wide, isUnknown }) =>
      wide
        ? {
            type: 'text',
            read: asText,
            note: `It ${isUnknown ? 'may have' : 'has'} months or parts of seconds, which a duration does not hold; it became a text.`,
          }
        : { type: 'duration', read: (c) => `extract(epoch from ${c})::bigint` },
    wide: (c) =>
      `${c} < interval '0' or extract(year from ${c}) <> 0 or extract(month from ${c}) <> 0 or extract(microseconds from ${c})::bigint % 1000000 <> 0`,
  },
  uuid: always(plain('uuid', 'uuid')),
  json: always({
    type: 'json',
    read: (c) => `case when position('\\u0000' in ${c}::text) = 0 then ${c}::jsonb end`,
    isLossy: true,
  }),
  jsonb: always(plain('json', 'jsonb')),
  hstore: always(plain('json', 'jsonb')),
  inet: always({
    type: 'text',
    read: (c) => `case when masklen(${c}) = case family(${c}) when 4 then 32 else 128 end then host(${c}) else ${c}::text end`,
  }),
  cidr: text,
  macaddr: text,
  macaddr8: text,
  bit: text,
  varbit: text,
  point: always({ type: 'json', read: (c) => `jsonb_build_object('x', ${c}[0], 'y', ${c}[1])` }),
  line: text,
  lseg: text,
  box: text,
  path: text,
  polygon: text,
  circle: text,
};

const choices = (labels: readonly string[]) => ({ choices: labels.map((value) => ({ value })) });

/** As a field takes them. */
const areChoices = (labels: readonly string[]): boolean =>
  labels.length > 0 &&
  labels.length <= limits.choices &&
  labels.every((label) => label !== '' && label.length <= limits.title && label === label.trim());
const tooMany: Form = { type: 'text', read: asText, note: 'Its values are too many or too long for choices; it became a text.' };

/** Lists that hold nothing twice, no gaps and no lists. */
const wideList = (column: string): string =>
  `array_ndims(${column}) > 1 or array_position(${column}, null) is not null or cardinality(${column}) <> (select count(distinct e) from unnest(${column}) e)`;

const textNames = new Set(['text', 'varchar', 'bpchar', 'citext', 'name']);
const isChoiceList = ({ kind, element }: PgType): boolean =>
  kind === 'array' && (element!.kind === 'enum' || textNames.has(element!.name));

const arrays: Kind = {
  form: (type, { wide, choices: found }) => {
    const labels = type.element!.labels ?? found;
    if (!isChoiceList(type) || wide || !labels || !areChoices(labels)) return { type: 'json', read: (c) => `to_jsonb(${c})` };
    return { type: 'multi-select', options: choices(labels), read: (c) => `${c}::text[]` };
  },
};
const choiceLists: Kind = { ...arrays, wide: wideList };

function kindOf(type: PgType): Kind | undefined {
  switch (type.kind) {
    case 'array':
      return isChoiceList(type) ? choiceLists : arrays;
    case 'enum':
      return {
        form: ({ labels = [] }) => (areChoices(labels) ? { type: 'select', options: choices(labels), read: asText } : tooMany),
      };
    case 'composite':
      return always({ type: 'json', read: (c) => `to_jsonb(${c})` });
    case 'range':
      return text;
    case 'base':
      return kinds[type.name];
  }
}

/** The form of a column's values; undefined when there is none. */
export const formOf = ({ type, measured = {} }: Pick<InspectedColumn, 'type' | 'measured'>): Form | undefined =>
  kindOf(type)?.form(type, measured);

/** What has to be known of a column's values before its form is certain, as SQL conditions and aggregates over the column. */
export function questionsOf(column: InspectedColumn, name: string): Partial<Record<'wide' | 'longest' | 'lost', string>> {
  const kind = kindOf(column.type);
  const form = formOf(column);
  if (!kind || !form) return {};
  return {
    ...(kind.wide ? { wide: `coalesce(bool_or(${kind.wide(name)}), false)` } : {}),
    ...(kind.isText && (column.type.length ?? Infinity) > shortText ? { longest: `max(length(${name}::text))` } : {}),
    ...(form.isLossy ? { lost: `count(*) filter (where ${name} is not null and (${form.read(name)}) is null)` } : {}),
  };
}

/** Texts in lists become choices while they are few. */
export const needsChoices = ({ type }: InspectedColumn): boolean => isChoiceList(type) && type.element!.labels === undefined;
