/** What dates are counted in. */
export const timeUnits = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimeUnit = (typeof timeUnits)[number];

/** Units of whole days: added to a date they give a date. */
const dayUnits: readonly string[] = ['day', 'week', 'month', 'year'] satisfies TimeUnit[];
export const countsDays = (unit: TimeUnit): boolean => dayUnits.includes(unit);

/** The unit a text names, also in the plural. */
export function timeUnit(text: string): TimeUnit | undefined {
  const singular = text.toLowerCase().replace(/s$/, '');
  return timeUnits.find((unit) => unit === singular);
}
