/** The list of features: the only registration point. */
import type { Feature } from '#platform/feature';

export const features: readonly Feature[] = [];
