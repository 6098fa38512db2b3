/** files, prompts, prompt-versions: what a project's members make. */
import { limits } from '../limits.ts';
import { belongsTo, boolean, dateTime, hasMany, integer, json, longText, select, systemModel, text } from './declare.ts';
import { editors, memberOf, participantOf } from './roles.ts';

const title = { required: true, options: { minLength: 1, maxLength: limits.title } };
const mine = { createdBy: { _eq: '$CURRENT_USER' } };
const myLoose = { projectId: { _null: true }, ...mine };
// Whoever takes part in a thread reads what is attached there; whose file it is does not change by that.
const attachedForMe = { attachments: { _some: { message: { deletedAt: { _null: true }, ...participantOf('thread') } } } };

export const files = systemModel({
  key: 'files',
  eventName: 'file',
  table: 'piper.files',
  label: 'File',
  labelPlural: 'Files',
  description: 'Uploaded files: of a project, only your own, or attached in a thread you take part in.',
  icon: 'paperclip',
  titleField: 'name',
  search: ['name'],
  projectPath: 'projectId',
  topics: ['project:{projectId}:model:files'],
  verbs: ['list', 'read', 'update'],
  fields: {
    projectId: belongsTo('projects', 'project', { createOnly: true }),
    name: text(title),
    mediaType: text({ required: true, readOnly: true }),
    size: integer({ required: true, readOnly: true, label: 'Size in bytes' }),
    text: longText({ readOnly: true, onDemand: true, hidden: true }),
    orphanAfter: dateTime({ readOnly: true, hidden: true }),
    attachments: hasMany('attachments', 'fileId', { hidden: true }),
  },
  rules: [
    { action: 'read', filter: { _or: [memberOf('project'), myLoose, attachedForMe] }, fields: '*' },
    { action: 'update', filter: { _or: [memberOf('project', editors), myLoose] }, fields: ['name'] },
    // A member removes their own files, a project's owner or admin any.
    {
      action: 'delete',
      filter: { _or: [memberOf('project', ['owner', 'admin']), { ...memberOf('project', editors), ...mine }, myLoose] },
      fields: '*',
    },
  ],
});

export const prompts = systemModel({
  key: 'prompts',
  eventName: 'prompt',
  table: 'piper.prompts',
  label: 'Prompt',
  labelPlural: 'Prompts',
  description: 'A prompt says how an assistant behaves. Its content lives in versions.',
  icon: 'scroll-text',
  titleField: 'title',
  search: ['title'],
  projectPath: 'projectId',
  topics: ['project:{projectId}:model:prompts'],
  verbs: ['list', 'read', 'create', 'update', 'delete'],
  fields: {
    projectId: belongsTo('projects', 'project', { required: true, createOnly: true }),
    title: text(title),
    active: boolean({ default: false }),
    latestVersion: integer({ required: true, readOnly: true }),
    versions: hasMany('prompt-versions', 'promptId'),
  },
  rules: [
    { action: 'read', filter: memberOf('project'), fields: '*' },
    { action: 'create', filter: memberOf('project', editors), fields: '*' },
    { action: 'update', filter: memberOf('project', editors), fields: '*' },
    { action: 'delete', filter: memberOf('project', editors), fields: '*' },
  ],
});

export const promptVersions = systemModel({
  key: 'prompt-versions',
  eventName: 'prompt-version',
  table: 'piper.prompt_versions',
  label: 'Prompt version',
  labelPlural: 'Prompt versions',
  description: 'Immutable versions of prompts, numbered from 1.',
  icon: 'history',
  titleField: 'number',
  search: ['content', 'note'],
  defaultSort: ['-number', '-id'],
  projectPath: 'prompt.projectId',
  topics: [],
  verbs: ['list', 'read'],
  fields: {
    promptId: belongsTo('prompts', 'prompt', { required: true, createOnly: true }),
    number: integer({ required: true, readOnly: true }),
    content: longText({ required: true, createOnly: true, options: { maxLength: limits.promptContent } }),
    role: select(['system', 'user'], { required: true, createOnly: true, default: 'system' }),
    variables: json({ required: true, createOnly: true, default: [] }),
    settings: json({ required: true, createOnly: true, default: {} }),
    note: text({ createOnly: true, default: '', options: { maxLength: limits.description } }),
  },
  rules: [{ action: 'read', filter: { prompt: memberOf('project') }, fields: '*' }],
});
