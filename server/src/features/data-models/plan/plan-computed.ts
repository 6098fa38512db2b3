/** What a formula gave, for the column of the stored field that it becomes. */
import type { Field } from '@piper/shared/data-model';
import { checkFormula, FormulaError, parseFormula } from '@piper/shared/formula/index';
import { formulaOf } from '@piper/shared/formula/related';
import { referencesIn } from '@piper/shared/formula/typed';
import type { ModelSource } from '@piper/shared/filter/path';
import { system } from '#platform/actor';
import { openActorRules } from '#platform/records/actor-rules';
import { columnSql } from '#platform/records/condition-sql';
import { literal, type Scope, type SqlWriter } from '#platform/records/sql-writer';
import type { RowSql } from './convert.ts';
import type { PhysicalTable } from './physical.ts';

/**
 * The values of the table's computed field as SQL, with the columns as `table` names them; undefined unless it is a formula
 * over the record's own values: what depends on other records can't be kept in step meanwhile.
 */
export function formulaValue({ model, columns }: PhysicalTable, field: Field): RowSql | undefined {
  const fields = model.fields.map((one) => (one.column === undefined ? one : { ...one, column: columns.get(one.id)!.name }));
  const named = { ...model, fields };
  const models: ModelSource = { find: (id) => (id === model.id || id === model.key ? named : undefined) };
  if (!isOwn(field, (one) => checkFormula(parseFormula(formulaOf(one)), { model: named, models }))) return undefined;
  const rules = openActorRules({ actor: system }, models);
  return (row) => columnSql(writer(), field, { model: named, alias: row, rules, eyes: 'rule' });
}

function isOwn(field: Field, check: (field: Field) => ReturnType<typeof checkFormula>): boolean {
  if (field.type !== 'formula') return false;
  try {
    return referencesIn(check(field)).every(
      ([step, ...more]) =>
        more.length === 0 && step !== undefined && (step.field.column !== undefined || isOwn(step.field, check)),
    );
  } catch (error) {
    if (error instanceof FormulaError) return false;
    throw error;
  }
}

/** The texts that stand in a formula depend on nobody. */
const nothing: Scope = {
  variables: { userId: null, role: null, roles: [], projectId: null, now: new Date(0) },
  slots: [],
  input: {},
};

/** Writes values into the statement itself: DDL has no placeholders. */
function writer(): SqlWriter {
  let aliases = 0;
  return {
    bind: (key, type, read) => (key === 'formula:now' ? 'now()' : `${literal(String(read(nothing)))}::${type}`),
    input: (name) => {
      throw new Error(`a formula over own values asks for ${name}`);
    },
    alias: () => `computed${aliases++}`,
    finish: (text) => ({ text, binds: [] }),
  };
}
