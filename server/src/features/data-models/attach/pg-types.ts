/** Types of a foreign PostgreSQL as plain descriptions: domains down to their base, arrays with their element. */
import type { PgType } from './inspected.ts';

export interface TypeRow {
  oid: number;
  name: string;
  /** b base, c composite, d domain, e enum, p pseudo, r range, m multirange. */
  kind: string;
  base: number;
  modifier: number;
  notNull: boolean;
  element: number | null;
  written: string;
  baseWritten: string | null;
  labels: string[] | null;
  checks: string[] | null;
  extension: string | null;
}

const kindOf: Record<string, PgType['kind']> = { e: 'enum', c: 'composite', r: 'range', m: 'range' };

/** The type of this oid and modifier, with the way PostgreSQL writes it. */
export function typeReader(rows: readonly TypeRow[]): (oid: number, modifier: number, written?: string) => PgType {
  const byOid = new Map(rows.map((row) => [row.oid, row]));
  const read = (oid: number, modifier: number, written?: string): PgType => {
    const row = byOid.get(oid)!;
    if (row.kind === 'd') return domain(row);
    const shared = {
      name: row.name,
      written: written ?? row.written,
      ...(row.extension === null ? {} : { extension: row.extension }),
    };
    if (row.element !== null) return { ...shared, kind: 'array', element: read(row.element, modifier) };
    return {
      ...shared,
      kind: kindOf[row.kind] ?? 'base',
      ...modifiers(row.name, modifier),
      ...(row.labels ? { labels: row.labels } : {}),
    };
  };
  /** A domain over a domain has the checks of both. */
  const domain = (row: TypeRow): PgType => {
    const base = read(row.base, row.modifier, row.baseWritten ?? undefined);
    const checks = [...(base.domain?.checks ?? []), ...(row.checks ?? [])];
    return { ...base, domain: { name: row.written, checks, notNull: row.notNull || base.domain?.notNull === true } };
  };
  return read;
}

/** In the modifier 4 bytes of head count too; numeric packs precision and scale, which may be negative. */
function modifiers(name: string, modifier: number): Pick<PgType, 'length' | 'scale'> {
  if (modifier < 4) return {};
  if (name === 'varchar' || name === 'bpchar') return { length: modifier - 4 };
  if (name !== 'numeric') return {};
  const scale = (modifier - 4) & 0x7ff;
  return { scale: Math.max(0, scale > 1023 ? scale - 2048 : scale) };
}
