/** The list of features: the only registration point. */
import type { Feature } from '#platform/feature';
import { mail } from '#platform/mail/feature';
import { assistants } from '#features/assistants';
import { dataModels } from '#features/data-models';
import { files } from '#features/files';
import { identity } from '#features/identity';
import { projects } from '#features/projects';
import { prompts } from '#features/prompts';
import { records } from '#features/records';
import { threads } from '#features/threads';

export const features: readonly Feature[] = [identity, projects, files, prompts, dataModels, records, threads, assistants, mail];
