/** Definitions change while requests are under way: what fails for that reason is done again with the newest ones. */
import type { ErrorCode } from '@piper/shared/errors';
import type { Deps } from '../deps.ts';
import { refreshSystemCatalogue } from './system-catalogue.ts';

/** Of PostgreSQL: no such column, table or function, another type, a stale plan. */
const staleStates = ['42703', '42P01', '42804', '42883', '42846', '0A000', '3F000'];
/** What newer definitions may allow. */
const staleRefusals: ErrorCode[] = ['unknown_field', 'bad_filter', 'validation_failed', 'rule_violated', 'not_found'];
const staleCodes: ReadonlySet<string> = new Set([...staleStates, ...staleRefusals]);

/** Whether definitions that are not the newest any more may have caused it. */
export const mayBeStale = (error: unknown): boolean => staleCodes.has((error as { code?: string }).code ?? '');

/** Does the work; once more if it failed for want of fields that Piper's own models have by now, or have no more. */
export async function withFreshExtensions<R>(deps: Deps, work: () => Promise<R>): Promise<R> {
  const { catalogue } = deps;
  try {
    return await work();
  } catch (error) {
    if (!mayBeStale(error) || isMissing(error)) throw error;
    await refreshSystemCatalogue(deps);
    if (deps.catalogue === catalogue && !isStalePlan(error)) throw error;
    return work();
  }
}

const isMissing = (error: unknown): boolean => (error as { code?: string }).code === 'not_found';
/** Repeated, it is planned anew. */
const isStalePlan = (error: unknown): boolean => (error as { code?: string }).code === '0A000';
