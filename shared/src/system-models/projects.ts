/** projects, members, invitations. */
import { limits } from '../limits.ts';
import { belongsTo, dateTime, email, hasMany, keys, longText, select, systemModel, text } from './declare.ts';
import { managers, memberOf, projectRoles } from './roles.ts';

export const projects = systemModel({
  key: 'projects',
  eventName: 'project',
  table: 'piper.projects',
  label: 'Project',
  labelPlural: 'Projects',
  description: 'A project holds the prompts, threads, files and data of one team or purpose.',
  icon: 'folder-kanban',
  titleField: 'name',
  search: ['name', 'description', 'slug'],
  scope: { deletedAt: { _null: true } },
  softDelete: 'deletedAt',
  projectPath: 'id',
  topics: ['project:{id}'],
  verbs: ['list', 'read', 'create', 'update', 'delete'],
  fields: {
    name: text({ required: true, options: { minLength: 1, maxLength: limits.title, pattern: '\\S' } }),
    slug: text({ unique: true, options: { minLength: 1, maxLength: 80, pattern: '^[a-z0-9]+(?:-[a-z0-9]+)*$' } }),
    description: longText({ default: '', options: { maxLength: limits.description } }),
    deletedAt: dateTime({ readOnly: true, hidden: true }),
    members: hasMany('members', 'projectId'),
    prompts: hasMany('prompts', 'projectId'),
    threads: hasMany('threads', 'projectId'),
    files: hasMany('files', 'projectId'),
  },
  rules: [
    { action: 'read', filter: memberOf(''), fields: '*' },
    // Its creator becomes its owner in the same transaction, so there is nothing to check before.
    { action: 'create', filter: {}, check: {}, fields: ['name', 'slug', 'description'] },
    { action: 'update', filter: memberOf('', managers), fields: ['name', 'slug', 'description'] },
    { action: 'delete', filter: memberOf('', ['owner']), fields: '*' },
  ],
});

export const members = systemModel({
  key: 'members',
  eventName: 'member',
  table: 'piper.members',
  label: 'Member',
  labelPlural: 'Members',
  description: 'Who belongs to a project, and in which role.',
  icon: 'user-round-check',
  titleField: 'userId',
  projectPath: 'projectId',
  topics: ['project:{projectId}', 'user:{userId}'],
  verbs: ['list', 'read', 'create', 'update', 'delete'],
  fields: {
    projectId: belongsTo('projects', 'project', { required: true, createOnly: true }),
    userId: belongsTo('users', 'user', { required: true, createOnly: true }),
    role: select(projectRoles, { required: true, default: 'member' }),
    roles: keys({ label: 'Custom roles', required: true, default: [] }),
  },
  // That only owners make owners, that one remains, and that custom roles are there, is checked by the projects feature's hooks.
  rules: [
    { action: 'read', filter: memberOf('project'), fields: '*' },
    { action: 'create', filter: memberOf('project', managers), fields: '*' },
    { action: 'update', filter: memberOf('project', managers), fields: ['role', 'roles'] },
    {
      action: 'delete',
      filter: { _or: [memberOf('project', managers), { userId: { _eq: '$CURRENT_USER' }, ...memberOf('project') }] },
      fields: '*',
    },
  ],
});

export const invitations = systemModel({
  key: 'invitations',
  eventName: 'invitation',
  table: 'piper.invitations',
  label: 'Invitation',
  labelPlural: 'Invitations',
  description: 'Open and accepted invitations to a project or to the instance.',
  icon: 'mail-plus',
  titleField: 'email',
  search: ['email'],
  projectPath: 'projectId',
  topics: ['project:{projectId}'],
  verbs: ['list', 'read', 'delete'],
  fields: {
    projectId: belongsTo('projects', 'project', { createOnly: true }),
    email: email({ required: true, createOnly: true }),
    role: text({ required: true, createOnly: true }),
    expiresAt: dateTime({ required: true, readOnly: true }),
    acceptedAt: dateTime({ readOnly: true }),
  },
  rules: (['read', 'delete'] as const).flatMap((action) => [
    { action, filter: memberOf('project', managers), fields: '*' as const },
    { action, roles: ['OWNER' as const, 'ADMIN' as const], filter: { projectId: { _null: true } }, fields: '*' as const },
  ]),
});
