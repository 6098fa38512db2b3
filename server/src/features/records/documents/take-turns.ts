/** Long work in a process that has others to serve. */
import { setImmediate as nextTurn } from 'node:timers/promises';

const turnMs = 8;

/** To be awaited between the parts of long work: lets others have their turn when this one has had the thread for long enough. */
export function takeTurns(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < turnMs) return;
    await nextTurn();
    since = performance.now();
  };
}
