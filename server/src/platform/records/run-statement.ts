/** Executes a written statement: in the context's transaction if it has one, else on the pool, prepared once it is used often. */
import { CompiledQuery } from 'kysely';
import type { Variables } from '@piper/shared/filter/variables';
import type { Ctx } from '../ctx.ts';
import { dbErrors, dbQueries } from '../metrics.ts';
import { rolesOf } from './actor-rules.ts';
import type { Scope, Statement } from './sql-writer.ts';

export type Row = Record<string, unknown>;

/** Uses after which a statement is prepared under a name; what is asked once or twice shall not stay in every session. */
const preparedAfter = 20;
/** A plan stays in each session for its life, some 50 kB each, so their number is bounded; later statements go unnamed. */
const maxPrepared = 300;
let prepared = 0;
const uses = new WeakMap<Statement, { count: number; name: string | undefined }>();

/** The rows of a statement. */
export async function runStatement(ctx: Ctx, statement: Statement, scope: Scope): Promise<Row[]> {
  const values = statement.binds.map((bind) => bind(scope));
  if (ctx.db.isTransaction) {
    const result = await ctx.db.executeQuery<Row>(CompiledQuery.raw(statement.text, values));
    return result.rows;
  }
  const name = nameOf(statement);
  const start = performance.now();
  try {
    const result = await ctx.deps.pool.query<Row>(
      name === undefined ? { text: statement.text, values } : { name, text: statement.text, values },
    );
    return result.rows;
  } catch (error) {
    dbErrors.inc();
    throw error;
  } finally {
    dbQueries.observe((performance.now() - start) / 1000);
  }
}

function nameOf(statement: Statement): string | undefined {
  const use = uses.get(statement);
  if (!use) {
    uses.set(statement, { count: 1, name: undefined });
    return undefined;
  }
  if (use.name === undefined && ++use.count > preparedAfter && prepared < maxPrepared) use.name = `record_${++prepared}`;
  return use.name;
}

/** What the filter language's variables stand for in this context. */
export function variablesOf(ctx: Ctx): Variables {
  const { actor } = ctx;
  const now = ctx.deps.clock.now();
  if (actor.kind === 'system') return { userId: null, role: null, roles: [], projectId: null, now };
  const projectId = actor.kind === 'key' ? (actor.projectId ?? null) : null;
  return { userId: actor.userId, role: actor.role, roles: rolesOf(ctx), projectId, now };
}

/** The scope of a statement that has no slots. */
export const scopeOf = (ctx: Ctx, input: Scope['input'] = {}, slots: Scope['slots'] = []): Scope => ({
  variables: variablesOf(ctx),
  slots,
  input,
});
