/** runs, run-steps, events: what happened and happens. */
import { belongsTo, dateTime, hasMany, integer, json, select, systemModel, text } from './declare.ts';
import { managedEvents, managedRuns, managers, memberOf, participantOf } from './roles.ts';
import type { Filter } from '../filter/filter.ts';

/** Runs of threads I take part in, those of a project that belong to no thread (some for its managers), and my own outside of projects: who leaves a project leaves its runs. */
const visibleRun: Filter = {
  _or: [
    participantOf('thread'),
    { threadId: { _null: true }, kind: { _nin: [...managedRuns] }, ...memberOf('project') },
    { threadId: { _null: true }, ...memberOf('project', managers) },
    { projectId: { _null: true }, createdBy: { _eq: '$CURRENT_USER' } },
  ],
};

export const runs = systemModel({
  key: 'runs',
  eventName: 'run',
  table: 'piper.runs',
  label: 'Run',
  labelPlural: 'Runs',
  description: 'Long jobs, recorded step by step: answers of assistants, clean-ups, deliveries.',
  icon: 'play',
  titleField: 'kind',
  search: ['kind'],
  projectPath: 'projectId',
  topics: ['run:{id}'],
  verbs: ['list', 'read'],
  fields: {
    kind: text({ required: true, readOnly: true }),
    status: select(['queued', 'running', 'waiting', 'done', 'failed', 'cancelled', 'interrupted'], {
      required: true,
      readOnly: true,
    }),
    projectId: belongsTo('projects', 'project', { readOnly: true }),
    threadId: belongsTo('threads', 'thread', { readOnly: true }),
    messageId: belongsTo('messages', 'message', { readOnly: true }),
    input: json({ readOnly: true, onDemand: true }),
    output: json({ readOnly: true, onDemand: true }),
    error: json({ readOnly: true }),
    pinned: text({ readOnly: true, hidden: true }),
    cause: text({ readOnly: true, hidden: true }),
    attempt: integer({ required: true, readOnly: true }),
    cancelRequestedAt: dateTime({ readOnly: true, hidden: true }),
    startedAt: dateTime({ readOnly: true }),
    endedAt: dateTime({ readOnly: true }),
    steps: hasMany('run-steps', 'runId'),
  },
  rules: [
    { action: 'read', filter: visibleRun, fields: '*' },
    // Cancelling counts as an update; the verb itself is the run executor's.
    { action: 'update', filter: { _or: [{ createdBy: { _eq: '$CURRENT_USER' } }, participantOf('thread')] }, fields: [] },
  ],
});

export const runSteps = systemModel({
  key: 'run-steps',
  eventName: 'run-step',
  table: 'piper.run_steps',
  label: 'Step',
  labelPlural: 'Steps',
  description: 'The recorded steps of runs.',
  icon: 'footprints',
  titleField: 'name',
  search: ['name'],
  defaultSort: ['runId', 'position'],
  projectPath: 'run.projectId',
  topics: [],
  verbs: ['list', 'read'],
  fields: {
    runId: belongsTo('runs', 'run', { required: true, readOnly: true }),
    position: integer({ required: true, readOnly: true }),
    name: text({ required: true, readOnly: true }),
    effect: select(['pure', 'idempotent', 'once'], { required: true, readOnly: true }),
    status: select(['running', 'done', 'failed'], { required: true, readOnly: true }),
    attempts: integer({ required: true, readOnly: true }),
    input: json({ readOnly: true, onDemand: true }),
    output: json({ readOnly: true, onDemand: true }),
    error: json({ readOnly: true }),
    startedAt: dateTime({ required: true, readOnly: true }),
    endedAt: dateTime({ readOnly: true }),
  },
  rules: [{ action: 'read', filter: { run: visibleRun }, fields: '*' }],
});

export const events = systemModel({
  key: 'events',
  eventName: 'event',
  table: 'piper.events',
  label: 'Event',
  labelPlural: 'Events',
  description: 'The log of every change. It is never edited.',
  icon: 'scroll',
  titleField: 'type',
  search: ['type', 'actor', 'subject'],
  defaultSort: ['-id'],
  projectPath: 'projectId',
  topics: [],
  verbs: ['list', 'read'],
  bare: true,
  fields: {
    id: integer({ column: 'position', label: 'Position', required: true, readOnly: true, unique: true }),
    at: dateTime({ required: true, readOnly: true }),
    topic: text({ required: true, readOnly: true }),
    type: text({ required: true, readOnly: true }),
    actor: text({ required: true, readOnly: true }),
    subject: text({ readOnly: true }),
    projectId: belongsTo('projects', 'project', { readOnly: true }),
    data: json({ required: true, readOnly: true }),
    cause: text({ readOnly: true }),
  },
  rules: [
    // Events of threads and runs are private to those who take part; they are heard live and read through their records.
    {
      action: 'read',
      filter: {
        topic: { _starts_with: 'project:' },
        _and: managedEvents.map((start) => ({ type: { _nstarts_with: start } })),
        ...memberOf('project'),
      },
      fields: '*',
    },
    { action: 'read', filter: { topic: { _starts_with: 'project:' }, ...memberOf('project', managers) }, fields: '*' },
    { action: 'read', filter: { topic: { _eq: '$CURRENT_USER.topic' } }, fields: '*' },
    { action: 'read', roles: ['OWNER', 'ADMIN'], filter: { topic: { _eq: 'security' } }, fields: '*' },
  ],
});
