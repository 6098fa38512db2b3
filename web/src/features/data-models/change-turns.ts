/** Which way a change of the definitions can be turned, by the list it stands in. */
import type { ChangeSet } from '@piper/shared/change-sets';

type Known = Pick<ChangeSet, 'id' | 'number' | 'status' | 'kind' | 'of' | 'models' | 'isUndone'>;

/**
 * Undo, or redo where it was taken back; undefined where a later change of the same models is in force, which would have to be taken
 * back first. Undos and redos themselves are turned by the change they are of. `all` must hold all later ones.
 */
export function turnOf(changeSet: Known, all: readonly Known[]): 'undo' | 'redo' | undefined {
  if (changeSet.status !== 'applied' || changeSet.kind !== 'change') return undefined;
  const undo = changeSet.isUndone ? all.find((one) => one.of === changeSet.id && !one.isUndone) : undefined;
  const since = undo?.number ?? changeSet.number;
  const isBetween = (one: Known): boolean =>
    one.number > since &&
    one.kind === 'change' &&
    one.status === 'applied' &&
    !one.isUndone &&
    one.models.some((model) => changeSet.models.includes(model));
  if (all.some(isBetween)) return undefined;
  return changeSet.isUndone ? 'redo' : 'undo';
}
