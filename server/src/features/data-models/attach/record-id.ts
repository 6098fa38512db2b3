/**
 * Ids of copied records are computed from what identified the row at its home: the same row always gets the same id, a reference
 * to it is computed without looking it up, and a copy that is repeated finds what is there already. They are UUIDs of version 8
 * (RFC 9562): 120 bits of a SHA-256, which every PostgreSQL has without an extension.
 */
import { literal, quote } from '#platform/records/sql-writer';
import type { PgType } from './inspected.ts';

/** Two equal keys have the same text, whatever the number of zeros or the type of the column that refers to it. */
export function keyText(type: PgType, value: string): string {
  if (type.name === 'numeric') return `trim_scale(${value})::text`;
  return type.name === 'citext' ? `lower(${value}::text)` : `${value}::text`;
}

/** The id, as SQL: of `space` (one per attached table) and the texts of a key. */
export function recordIdSql(space: string, texts: readonly string[]): string {
  const key = `convert_to(${literal(`${space}:`)} || array[${texts.join(', ')}]::text, 'UTF8')`;
  return `overlay(overlay(left(encode(sha256(${key}), 'hex'), 32) placing '8' from 13) placing '8' from 17)::uuid`;
}

export const columnOf = (alias: string, name: string): string => `${alias}.${quote(name)}`;
