/** Lets residents live in a house in which something breaks again and again, and looks afterwards whether all is right. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until.ts';
import { openHouse, troubles, type House, type Trouble } from './house.ts';
import { findViolations } from './invariants.ts';
import { openRandom } from './random.ts';
import { moveIn, type Resident } from './resident.ts';

export interface EndureOptions {
  seed: number;
  residents: number;
  /** No new trouble begins after this time. */
  ms: number;
  /** Exactly these, in this order, instead of random ones. */
  plan?: readonly Trouble[];
  /** Each resident lives on until they have had so many answers. */
  answersEach?: number;
  say?: (line: string) => void;
  /** Called when all was looked at, while the house still stands. */
  inspect?: (house: House, residents: readonly Resident[]) => Promise<void>;
}

export interface Endured {
  /** What does not hold. Empty when all is well. */
  problems: string[];
  troubles: Record<string, number>;
  acts: Record<string, number>;
  answers: number;
}

export async function endure(options: EndureOptions): Promise<Endured> {
  const { seed, residents: count, ms, plan, answersEach = 0, say = () => undefined } = options;
  const random = openRandom(seed);
  const house = await openHouse(random);
  const made: Record<string, number> = {};
  const problems: string[] = [];
  const residents: Resident[] = [];
  try {
    for (let n = 0; n < count; n++) residents.push(await moveIn(house, openRandom(seed + n + 1)));
    const evening = new AbortController();
    const lives = residents.map((resident) => resident.live(evening.signal));
    const startedAt = Date.now();
    for (let n = 0; plan ? n < plan.length : Date.now() - startedAt < ms; n++) {
      await sleep(random.between(500, 2_500));
      const trouble = plan?.[n] ?? random.pick(troubles);
      made[trouble] = (made[trouble] ?? 0) + 1;
      say(`${String(Math.round((Date.now() - startedAt) / 1_000)).padStart(5)} s  ${trouble}`);
      await house.make(trouble);
    }
    await sleep(1_000);
    const haveLived = () => residents.every((resident) => resident.said.length >= answersEach);
    await until(haveLived, { timeoutMs: 60_000, what: 'residents got too few answers' });
    evening.abort();
    await Promise.all(lives);
    say('quiet: looking');
    problems.push(...(await findViolations(house, residents)));
    await options.inspect?.(house, residents);
  } finally {
    for (const resident of residents) resident.listener.stop();
    problems.push(...(await house.close()));
  }
  const acts = residents.flatMap((resident) => Object.entries(resident.counts));
  return {
    problems,
    troubles: made,
    acts: Object.fromEntries(
      [...new Set(acts.map(([name]) => name))].map((name) => [name, sum(acts.filter(([act]) => act === name))]),
    ),
    answers: residents.flatMap((resident) => resident.said).length,
  };
}

const sum = (entries: readonly [string, number][]): number => entries.reduce((total, [, n]) => total + n, 0);
