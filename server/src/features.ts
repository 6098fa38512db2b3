/** The list of features: the only registration point. */
import type { Feature } from '#platform/feature';
import { identity } from '#features/identity';
import { projects } from '#features/projects';

export const features: readonly Feature[] = [identity, projects];
