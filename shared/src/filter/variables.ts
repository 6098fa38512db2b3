/** The variables of the filter language: `$CURRENT_USER` and its fields, `$CURRENT_ROLES`, `$NOW(-1 day)`. */
export type Variable =
  | { name: 'user'; field: UserField }
  | { name: 'roles' }
  | { name: 'project' }
  | { name: 'now'; amount: number; unit: Unit };

/** Another field of the user, which is read from the database. */
export interface UserVariable {
  name: 'user-field';
  key: string;
}

export type UserField = 'id' | 'role' | 'topic';
type Unit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

/** What the variables stand for in one request. */
export interface Variables {
  userId: string | null;
  role: string | null;
  roles: readonly string[];
  /** The one project an API key is held to. */
  projectId: string | null;
  now: Date;
}

const userFields: Record<string, UserField> = { '': 'id', '.id': 'id', '.role': 'role', '.topic': 'topic' };
const nowPattern = /^\$NOW(?:\(\s*([+-]?)\s*(\d{1,6})\s*(second|minute|hour|day|week|month|year)s?\s*\))?$/;

/** Reads a text as a variable. `undefined`: it is an ordinary text; `null`: it looks like a variable, but is none. */
export function parseVariable(text: string): Variable | UserVariable | undefined | null {
  if (!text.startsWith('$')) return undefined;
  if (text.startsWith('$CURRENT')) return parseCurrent(text);
  if (!text.startsWith('$NOW')) return undefined;
  const match = nowPattern.exec(text);
  if (!match) return null;
  const amount = Number(match[2] ?? 0) * (match[1] === '-' ? -1 : 1);
  return { name: 'now', amount, unit: (match[3] ?? 'second') as Unit };
}

function parseCurrent(text: string): Variable | UserVariable | null {
  if (text === '$CURRENT_ROLES') return { name: 'roles' };
  if (text === '$CURRENT_PROJECT') return { name: 'project' };
  if (!text.startsWith('$CURRENT_USER')) return null;
  const rest = text.slice('$CURRENT_USER'.length);
  const field = userFields[rest];
  if (field !== undefined) return { name: 'user', field };
  return /^\.[a-zA-Z]\w{0,62}$/.test(rest) ? { name: 'user-field', key: rest.slice(1) } : null;
}

/** Said of a text that looks like a variable, but is none. */
export const noVariable =
  'begins like a variable, but is none of $CURRENT_USER, $CURRENT_USER.<field>, $CURRENT_ROLES, $CURRENT_PROJECT, $NOW and $NOW(-1 day); to mean such a text, write it with $$';

/** A text that begins with `$$` stands for itself with one `$` less: so can be said what would be read as a variable. */
export function unescaped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unescaped);
  return typeof value === 'string' && value.startsWith('$$') ? value.slice(1) : value;
}

/** The variable's value; null where there is none (Piper itself is no user). */
export function resolveVariable(variable: Variable, variables: Variables): string | null | readonly string[] {
  switch (variable.name) {
    case 'user':
      return userValue(variable.field, variables);
    case 'roles':
      return variables.roles;
    case 'project':
      return variables.projectId;
    case 'now':
      return shift(variables.now, variable.amount, variable.unit).toISOString();
  }
}

function userValue(field: UserField, variables: Variables): string | null {
  if (field === 'role') return variables.role;
  if (field === 'topic') return variables.userId === null ? null : `user:${variables.userId}`;
  return variables.userId;
}

const milliseconds = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 };
const earliest = Date.parse('0001-01-01T00:00:00.000Z');
const latest = Date.parse('9999-12-31T23:59:59.999Z');

/** Months and years go by the calendar in UTC; a shift out of the years 1 to 9999 stops at their edge. */
function shift(from: Date, amount: number, unit: Unit): Date {
  const date = new Date(from);
  if (unit === 'month') date.setUTCMonth(date.getUTCMonth() + amount);
  else if (unit === 'year') date.setUTCFullYear(date.getUTCFullYear() + amount);
  else date.setTime(date.getTime() + amount * milliseconds[unit]);
  const time = Number.isNaN(date.getTime()) ? (amount < 0 ? earliest : latest) : date.getTime();
  return new Date(Math.min(Math.max(time, earliest), latest));
}
