/** Definitions changed from within a run: in turn with whoever else changes them, and only by what is not there yet. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ModelAction, ModelDefinition } from '@piper/shared/data-models';
import { PiperError } from '@piper/shared/errors';
import type { RunHandle } from '#platform/runs/kind';
import { applyActions } from '../change-sets.service.ts';
import { loadDefinitions } from '../definitions.repo.ts';

/** Somebody else's change set may be in the way for some time. */
const turnMs = 600_000;

/** Changes definitions until nothing is missing, in as many change sets as it takes. */
export async function changeModels(
  { ctx, input, signal }: Pick<RunHandle<{ projectId: string }>, 'ctx' | 'input' | 'signal'>,
  missing: (models: readonly ModelDefinition[]) => ModelAction[],
): Promise<void> {
  const look = async () => missing((await loadDefinitions(ctx.db, input.projectId)).models);
  await inTurn({ ctx, signal }, async () => {
    for (let actions = await look(), before = ''; actions.length > 0; actions = await look()) {
      const first = JSON.stringify(actions[0]);
      if (first === before) throw new Error(`a change set did not do what it says: ${first.slice(0, 200)}`);
      await applyActions(ctx, input.projectId, actions);
      before = first;
    }
  });
}

/** Tries again while another change set is being applied, also the one that an earlier attempt began. */
async function inTurn({ ctx, signal }: Pick<RunHandle, 'ctx' | 'signal'>, work: () => Promise<void>): Promise<void> {
  const deadline = ctx.deps.clock.now().getTime() + turnMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isTaken = error instanceof PiperError && (error.code === 'change_set_unfinished' || error.code === 'conflict');
      if (!isTaken || ctx.deps.clock.now().getTime() > deadline) throw error;
      await pause(1_000, undefined, { signal });
    }
  }
}
