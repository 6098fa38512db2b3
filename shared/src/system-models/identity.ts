/** users, sessions, keys. What proves an identity (password hashes, key hashes) is not declared, so nothing generic can reach it. */
import { limits } from '../limits.ts';
import { belongsTo, dateTime, email, hasMany, json, select, systemModel, text } from './declare.ts';
import { own } from './roles.ts';

const self = { id: { _eq: '$CURRENT_USER' } };

export const users = systemModel({
  key: 'users',
  eventName: 'user',
  table: 'piper.users',
  label: 'User',
  labelPlural: 'Users',
  description: 'Everyone with an account on this instance.',
  icon: 'users',
  titleField: 'name',
  search: ['name', 'email'],
  defaultSort: ['name'],
  topics: ['user:{id}'],
  projectPath: 'memberships.projectId',
  verbs: ['list', 'read', 'update'],
  fields: {
    name: text({ required: true, options: { minLength: 1, maxLength: limits.title, pattern: '\\S' } }),
    email: email({ required: true, readOnly: true }),
    image: text({ options: { maxLength: 2_000, pattern: '^(https?://|/api/files/)' }, label: 'Picture' }),
    role: select(['OWNER', 'ADMIN', 'MEMBER'], { required: true }),
    preferences: json({ onDemand: true, hidden: true }),
    disabledAt: dateTime(),
    memberships: hasMany('members', 'userId', { hidden: true }),
  },
  rules: [
    { action: 'read', filter: {}, fields: ['id', 'name', 'image', 'role', 'memberships'] },
    { action: 'read', filter: self, fields: '*' },
    {
      action: 'read',
      roles: ['OWNER', 'ADMIN'],
      filter: {},
      fields: [
        'id',
        'name',
        'email',
        'image',
        'role',
        'disabledAt',
        'createdAt',
        'updatedAt',
        'createdBy',
        'version',
        'memberships',
      ],
    },
    { action: 'update', filter: self, fields: ['name', 'image', 'preferences'] },
    // An owner's role is another owner's business; that one owner remains is the identity feature's rule.
    { action: 'update', roles: ['OWNER'], filter: {}, fields: ['role', 'disabledAt'] },
    { action: 'update', roles: ['ADMIN'], filter: { role: { _neq: 'OWNER' } }, fields: ['role', 'disabledAt'] },
  ],
});

export const sessions = systemModel({
  key: 'sessions',
  eventName: 'session',
  table: 'piper.sessions',
  label: 'Session',
  labelPlural: 'Sessions',
  description: 'Where you are signed in.',
  icon: 'monitor-smartphone',
  titleField: 'userAgent',
  defaultSort: ['-lastUsedAt'],
  topics: ['user:{userId}'],
  verbs: ['list', 'read'],
  fields: {
    userId: belongsTo('users', 'user', { required: true, readOnly: true }),
    userAgent: text({ readOnly: true, label: 'Browser' }),
    ip: text({ readOnly: true, label: 'Address' }),
    lastUsedAt: dateTime({ required: true, readOnly: true }),
    expiresAt: dateTime({ required: true, readOnly: true }),
    revokedAt: dateTime({ readOnly: true }),
  },
  rules: [{ action: 'read', filter: own, fields: '*' }],
});

export const keys = systemModel({
  key: 'keys',
  eventName: 'key',
  table: 'piper.api_keys',
  label: 'API key',
  labelPlural: 'API keys',
  description: 'Keys with which programs act for you.',
  icon: 'key-round',
  titleField: 'name',
  search: ['name', 'prefix'],
  topics: ['user:{userId}'],
  verbs: ['list', 'read', 'update'],
  projectPath: 'projectId',
  fields: {
    name: text({ required: true, options: { minLength: 1, maxLength: limits.title, pattern: '\\S' } }),
    prefix: text({ required: true, readOnly: true }),
    access: select(['read', 'write'], { required: true, createOnly: true }),
    projectId: belongsTo('projects', 'project', { createOnly: true }),
    userId: belongsTo('users', 'user', { required: true, readOnly: true }),
    expiresAt: dateTime({ createOnly: true }),
    revokedAt: dateTime({ readOnly: true }),
    lastUsedAt: dateTime({ readOnly: true }),
  },
  rules: [
    { action: 'read', filter: own, fields: '*' },
    { action: 'update', filter: own, fields: ['name'] },
    { action: 'delete', filter: own, fields: '*' },
  ],
});

export const providerKeys = systemModel({
  key: 'provider-keys',
  eventName: 'provider-key',
  table: 'piper.provider_keys',
  label: 'Provider key',
  labelPlural: 'Provider keys',
  description: 'Keys of AI providers: your own, and those of the instance.',
  icon: 'plug-zap',
  titleField: 'provider',
  search: ['provider', 'label'],
  defaultSort: ['provider'],
  topics: ['user:{userId}'],
  verbs: ['list'],
  fields: {
    userId: belongsTo('users', 'user', { readOnly: true }),
    provider: text({ required: true, createOnly: true }),
    label: text({ default: '', options: { maxLength: limits.title } }),
    baseUrl: text({ options: { maxLength: 2_000 }, label: 'Base URL' }),
  },
  rules: (['read', 'update', 'delete'] as const).flatMap((action) => [
    { action, filter: own, fields: '*' as const },
    { action, roles: ['OWNER' as const, 'ADMIN' as const], filter: { userId: { _null: true } }, fields: '*' as const },
  ]),
});
