/** The list of features: the only registration point. */
import type { Feature } from '#platform/feature';
import { identity } from '#features/identity';

export const features: readonly Feature[] = [identity];
