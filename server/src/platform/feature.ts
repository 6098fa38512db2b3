/**
 * A feature says here what it contributes. The interface holds only the name; each platform part adds the field it
 * collects (`routes`, `runKinds`, `topics`, `systemModels` …) by declaration merging and reads it from the list in
 * features.ts, the only registration point.
 */
export interface Feature {
  name: string;
}

/** Declares a feature; only a typed identity function, so that a feature reads as one object. */
export function defineFeature(feature: Feature): Feature {
  return feature;
}

/** All contributions of one kind, in the order of features.ts. */
export function contributed<K extends keyof Feature>(features: readonly Feature[], key: K): NonNullable<Feature[K]>[] {
  return features.flatMap((feature) => {
    const value = feature[key];
    return value === undefined || value === null ? [] : [value as NonNullable<Feature[K]>];
  });
}

declare module './deps.ts' {
  interface Deps {
    /** All features, for parts and features that call what others contribute. */
    features: readonly Feature[];
  }
}
