/** One measured figure, with the target it is held against. */
export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** `min`: the value must reach it; `max`: it must not pass it. */
  target?: { min: number } | { max: number };
  /** What else a reader should know: the absolute numbers behind a ratio. */
  note?: string;
}

export interface Bench {
  name: string;
  run(): Promise<Figure[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export function isMet({ value, target }: Figure): boolean | undefined {
  if (!target) return undefined;
  return 'min' in target ? value >= target.min : value <= target.max;
}
