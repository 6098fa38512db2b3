/** Piper's own resources as data-model definitions: one declaration per table, served by the same engine as users' models. */
import type { DataModel } from '../data-model.ts';
import { files, promptVersions, prompts } from './content.ts';
import { keys, providerKeys, sessions, users } from './identity.ts';
import { invitations, members, projects } from './projects.ts';
import { events, runSteps, runs } from './runs.ts';
import { attachments, messages, participants, threads } from './threads.ts';

export { files, promptVersions, prompts } from './content.ts';
export { keys, providerKeys, sessions, users } from './identity.ts';
export { invitations, members, projects } from './projects.ts';
export { events, runSteps, runs } from './runs.ts';
export { attachments, messages, participants, threads } from './threads.ts';
export { editors, managers, projectRoles, type ProjectRole } from './roles.ts';

export const systemModels: readonly DataModel[] = [
  users,
  sessions,
  keys,
  providerKeys,
  projects,
  members,
  invitations,
  files,
  prompts,
  promptVersions,
  threads,
  participants,
  messages,
  attachments,
  runs,
  runSteps,
  events,
];

const byKey = new Map(systemModels.map((model) => [model.key, model]));

/** The system model of this key, if there is one. */
export const findSystemModel = (key: string): DataModel | undefined => byKey.get(key);
