/** Contracts of identity: accounts, sessions, API keys, instance roles, invitations and the instance's settings. */
import Type, { type Static } from 'typebox';
import { dataOf, idParams, listOf, nullable, route, strict, timestamp, uuid } from './contract.ts';
import { limits } from './limits.ts';

export const instanceRoles = ['OWNER', 'ADMIN', 'MEMBER'] as const;
export const instanceRole = Type.Enum([...instanceRoles]);
export const registrationModes = ['open', 'invitation', 'closed'] as const;
export const registrationMode = Type.Enum([...registrationModes]);

const email = Type.String({ format: 'email', maxLength: 254 });
const name = Type.String({ minLength: 1, maxLength: limits.title, pattern: '\\S' });
/** Length is judged by the service, which can say what is wrong with it. */
const password = Type.String({ maxLength: 1_000 });
const token = Type.String({ minLength: 1, maxLength: 200 });
const image = nullable(Type.String({ maxLength: 2_000, pattern: '^(https?://|/api/files/)' }));
const preferences = Type.Record(Type.String({ maxLength: 100 }), Type.Unknown(), { maxProperties: 100 });

export const account = Type.Object({
  id: uuid,
  email: Type.String(),
  name: Type.String(),
  image: nullable(Type.String()),
  role: instanceRole,
  preferences,
  hasPassword: Type.Boolean(),
  createdAt: timestamp,
  updatedAt: timestamp,
  version: Type.Integer(),
});
export type Account = Static<typeof account>;

/** What every way of signing in answers; the refresh token travels only in its cookie. */
export const signedIn = Type.Object({ user: account, accessToken: Type.String(), expiresAt: timestamp });
export type SignedIn = Static<typeof signedIn>;

const tag = 'auth';

export const register = route({
  method: 'POST',
  path: '/api/auth/register',
  summary: 'Create an account and sign in. The first account of an instance is its owner.',
  tag,
  access: 'public',
  status: 201,
  body: strict({ email, password, name, invitation: Type.Optional(token) }),
  reply: dataOf(signedIn),
});

export const login = route({
  method: 'POST',
  path: '/api/auth/login',
  summary: 'Sign in with e-mail address and password.',
  tag,
  access: 'public',
  body: strict({ email: Type.String({ minLength: 1, maxLength: 254 }), password }),
  reply: dataOf(signedIn),
});

export const refresh = route({
  method: 'POST',
  path: '/api/auth/refresh',
  summary: 'Exchange the refresh cookie for a new access token; rotates the cookie. Needs x-csrf-token.',
  tag,
  access: 'public',
  reply: dataOf(signedIn),
});

export const logout = route({
  method: 'POST',
  path: '/api/auth/logout',
  summary: 'End this session. Needs x-csrf-token.',
  tag,
  access: 'public',
  status: 204,
});

export const signInWithExternalToken = route({
  method: 'POST',
  path: '/api/auth/external',
  summary: 'Exchange a token of the configured external issuer for a session.',
  tag,
  access: 'public',
  body: strict({ token: Type.String({ minLength: 1, maxLength: 16_384 }) }),
  reply: dataOf(signedIn),
});

export const readSignInMethods = route({
  method: 'GET',
  path: '/api/auth/methods',
  summary: 'How one can sign in or register here.',
  tag,
  access: 'public',
  reply: dataOf(
    Type.Object({
      registration: registrationMode,
      /** No account exists yet: whoever registers now becomes the owner. */
      firstUser: Type.Boolean(),
      external: nullable(Type.Object({ issuer: Type.String(), url: nullable(Type.String()) })),
    }),
  ),
});

export const readProfile = route({
  method: 'GET',
  path: '/api/auth/profile',
  summary: 'The signed-in account.',
  tag,
  reply: dataOf(account),
});

export const updateProfile = route({
  method: 'PATCH',
  path: '/api/auth/profile',
  summary: 'Change name, picture, preferences, or (with the current password) the e-mail address.',
  tag,
  body: strict({
    name: Type.Optional(name),
    image: Type.Optional(image),
    preferences: Type.Optional(preferences),
    email: Type.Optional(email),
    currentPassword: Type.Optional(password),
  }),
  reply: dataOf(account),
});

export const changePassword = route({
  method: 'POST',
  path: '/api/auth/password',
  summary: 'Change the password; all other sessions end.',
  tag,
  status: 204,
  body: strict({ currentPassword: Type.Optional(password), newPassword: password }),
});

export const session = Type.Object({
  id: uuid,
  userAgent: nullable(Type.String()),
  ip: nullable(Type.String()),
  createdAt: timestamp,
  lastUsedAt: timestamp,
  expiresAt: timestamp,
  current: Type.Boolean(),
});

export const listSessions = route({
  method: 'GET',
  path: '/api/auth/sessions',
  summary: 'The sessions of the signed-in account that are still alive.',
  tag,
  reply: listOf(session),
});

export const revokeSession = route({
  method: 'DELETE',
  path: '/api/auth/sessions/:id',
  summary: 'End one of the own sessions.',
  tag,
  status: 204,
  params: idParams,
});

export const revokeOtherSessions = route({
  method: 'DELETE',
  path: '/api/auth/sessions',
  summary: 'End all own sessions but this one. Answers how many there were.',
  tag,
  reply: dataOf(Type.Object({ ended: Type.Integer() })),
});

export const readCsrfToken = route({
  method: 'GET',
  path: '/api/csrf',
  summary: 'Set the cookie csrf_token and return its value, to be sent as x-csrf-token.',
  tag,
  access: 'public',
  reply: dataOf(Type.Object({ csrfToken: Type.String() })),
});

export const apiKey = Type.Object({
  id: uuid,
  name: Type.String(),
  prefix: Type.String(),
  access: Type.Enum(['read', 'write']),
  projectId: nullable(uuid),
  expiresAt: nullable(timestamp),
  createdAt: timestamp,
});

export const createKey = route({
  method: 'POST',
  path: '/api/keys',
  summary: 'Make an API key. The key itself is in this reply and never again.',
  tag: 'keys',
  status: 201,
  body: strict({
    name,
    access: Type.Optional(Type.Enum(['read', 'write'])),
    projectId: Type.Optional(nullable(uuid)),
    expiresAt: Type.Optional(nullable(timestamp)),
  }),
  reply: dataOf(Type.Intersect([apiKey, Type.Object({ key: Type.String() })])),
});

export const revokeKey = route({
  method: 'DELETE',
  path: '/api/keys/:id',
  summary: 'Revoke one of the own API keys.',
  tag: 'keys',
  status: 204,
  params: idParams,
});

export const instanceSettings = Type.Object({ registration: registrationMode });

export const readSettings = route({
  method: 'GET',
  path: '/api/settings',
  summary: 'The settings of the instance.',
  tag: 'settings',
  reply: dataOf(instanceSettings),
});

export const updateSettings = route({
  method: 'PATCH',
  path: '/api/settings',
  summary: 'Change settings of the instance.',
  tag: 'settings',
  body: strict({ registration: Type.Optional(registrationMode) }),
  reply: dataOf(instanceSettings),
});

export const invitation = Type.Object({
  id: uuid,
  projectId: nullable(uuid),
  email: Type.String(),
  role: Type.String(),
  expiresAt: timestamp,
  createdAt: timestamp,
});
/** The link is known only now: the server keeps a hash of its token. */
export const sentInvitation = Type.Intersect([
  invitation,
  Type.Object({ token: Type.String(), url: Type.String(), mailed: Type.Boolean() }),
]);

export const inviteToInstance = route({
  method: 'POST',
  path: '/api/invitations',
  summary: 'Invite somebody to this instance.',
  tag: 'invitations',
  status: 201,
  body: strict({ email, role: Type.Optional(Type.Enum(['ADMIN', 'MEMBER'])) }),
  reply: dataOf(sentInvitation),
});

export const previewInvitation = route({
  method: 'POST',
  path: '/api/invitations/preview',
  summary: 'What an invitation is for, before it is accepted.',
  tag: 'invitations',
  access: 'public',
  body: strict({ token }),
  reply: dataOf(
    Type.Object({
      email: Type.String(),
      role: Type.String(),
      projectId: nullable(uuid),
      /** Null when the invitation is to the instance. */
      projectName: nullable(Type.String()),
      invitedBy: nullable(Type.String()),
      expiresAt: timestamp,
    }),
  ),
});

export const acceptInvitation = route({
  method: 'POST',
  path: '/api/invitations/accept',
  summary: 'Accept an invitation with the signed-in account.',
  tag: 'invitations',
  body: strict({ token }),
  reply: dataOf(Type.Object({ projectId: nullable(uuid), role: Type.String() })),
});
