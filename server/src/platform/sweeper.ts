/**
 * Work that comes round again: cleaning up, retrying. A feature contributes sweepers; each process that is a worker runs
 * them, so a sweep must be safe while another process does the same.
 */
import { ctxFor, type Ctx } from './ctx.ts';
import { system } from './actor.ts';
import type { Deps } from './deps.ts';
import { contributed, type Feature } from './feature.ts';

export interface Sweeper {
  name: string;
  everyMs: number;
  /** Acts as `system`. What it throws is logged; it comes round again all the same. */
  sweep(ctx: Ctx): Promise<void>;
}

declare module './feature.ts' {
  interface Feature {
    sweepers?: Sweeper[];
  }
}

export interface Sweeping {
  /** Starts no further sweep and resolves when the running ones have ended. */
  stop(): Promise<void>;
}

/** Starts all contributed sweepers, each at its own pace and never twice at once in this process. */
export function startSweepers(deps: Deps, features: readonly Feature[]): Sweeping {
  const loops = contributed(features, 'sweepers')
    .flat()
    .map((sweeper) => startLoop(deps, sweeper));
  return { stop: async () => void (await Promise.all(loops.map((loop) => loop.stop()))) };
}

function startLoop(deps: Deps, sweeper: Sweeper): Sweeping {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let running: Promise<void> = Promise.resolve();
  const schedule = (): void => {
    // Spread, so that several processes started together don't sweep together.
    if (!stopped) timer = setTimeout(run, sweeper.everyMs * (0.75 + Math.random() / 2)).unref();
  };
  const run = (): void => {
    running = sweepOnce(deps, sweeper).finally(schedule);
  };
  schedule();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}

async function sweepOnce(deps: Deps, sweeper: Sweeper): Promise<void> {
  const ctx = ctxFor(deps, system, `sweeper:${sweeper.name}`);
  try {
    await sweeper.sweep(ctx);
  } catch (err) {
    ctx.log.warn({ err }, 'a sweep failed');
  }
}
