// Made by scripts/gen-routes.ts from the contracts in shared/src. Do not edit: run `node scripts/gen-routes.ts`.
import type * as aiProviders from '@piper/shared/ai-providers';
import type * as assistants from '@piper/shared/assistants';
import type * as events from '@piper/shared/events';
import type * as files from '@piper/shared/files';
import type * as identity from '@piper/shared/identity';
import type * as mail from '@piper/shared/mail';
import type * as projects from '@piper/shared/projects';
import type * as prompts from '@piper/shared/prompts';
import type * as runs from '@piper/shared/runs';
import type * as threads from '@piper/shared/threads';

export const routeTable = {
  checkProviderKey: ['POST', '/api/provider-keys/:provider/check'],
  deleteProviderKey: ['DELETE', '/api/provider-keys/:provider'],
  listAiModels: ['GET', '/api/ai-models'],
  listProviderKeys: ['GET', '/api/provider-keys'],
  putProviderKey: ['PUT', '/api/provider-keys/:provider'],
  chat: ['POST', '/api/chat'],
  continueMessage: ['POST', '/api/messages/:id/continue'],
  listenLive: ['GET', '/api/live/events'],
  sendLive: ['POST', '/api/live'],
  deleteFile: ['DELETE', '/api/files/:id'],
  readFileBytes: ['GET', '/api/files/:id/content'],
  uploadFile: ['POST', '/api/files'],
  acceptInvitation: ['POST', '/api/invitations/accept'],
  changePassword: ['POST', '/api/auth/password'],
  createKey: ['POST', '/api/keys'],
  inviteToInstance: ['POST', '/api/invitations'],
  listSessions: ['GET', '/api/auth/sessions'],
  login: ['POST', '/api/auth/login'],
  logout: ['POST', '/api/auth/logout'],
  previewInvitation: ['POST', '/api/invitations/preview'],
  readCsrfToken: ['GET', '/api/csrf'],
  readProfile: ['GET', '/api/auth/profile'],
  readSettings: ['GET', '/api/settings'],
  readSignInMethods: ['GET', '/api/auth/methods'],
  refresh: ['POST', '/api/auth/refresh'],
  register: ['POST', '/api/auth/register'],
  revokeKey: ['DELETE', '/api/keys/:id'],
  revokeOtherSessions: ['DELETE', '/api/auth/sessions'],
  revokeSession: ['DELETE', '/api/auth/sessions/:id'],
  signInWithExternalToken: ['POST', '/api/auth/external'],
  updateProfile: ['PATCH', '/api/auth/profile'],
  updateSettings: ['PATCH', '/api/settings'],
  listOutbox: ['GET', '/api/outbox'],
  deleteProject: ['DELETE', '/api/projects/:id'],
  inviteToProject: ['POST', '/api/projects/:id/invitations'],
  listDeletedProjects: ['GET', '/api/projects/deleted'],
  restoreProject: ['POST', '/api/projects/:id/restore'],
  takeOverProject: ['POST', '/api/projects/:id/takeover'],
  activatePrompt: ['POST', '/api/prompts/:id/activate'],
  createPrompt: ['POST', '/api/prompts'],
  createPromptVersion: ['POST', '/api/prompts/:id/versions'],
  deletePrompt: ['DELETE', '/api/prompts/:id'],
  listPromptVersions: ['GET', '/api/prompts/:id/versions'],
  readPrompt: ['GET', '/api/prompts/:id'],
  readPromptVersion: ['GET', '/api/prompts/:id/versions/:number'],
  removePromptLabel: ['DELETE', '/api/prompts/:id/labels/:label'],
  renderPromptPreview: ['POST', '/api/prompts/:id/render'],
  restorePromptVersion: ['POST', '/api/prompts/:id/versions/:number/restore'],
  setPromptLabel: ['PUT', '/api/prompts/:id/labels/:label'],
  updatePrompt: ['PATCH', '/api/prompts/:id'],
  cancelRun: ['POST', '/api/runs/:id/cancel'],
  streamRun: ['GET', '/api/runs/:id/stream'],
  createThread: ['POST', '/api/threads'],
  readBranch: ['GET', '/api/threads/:id/messages'],
  restoreThread: ['POST', '/api/threads/:id/restore'],
} as const;

export interface RouteContracts {
  checkProviderKey: typeof aiProviders.checkProviderKey;
  deleteProviderKey: typeof aiProviders.deleteProviderKey;
  listAiModels: typeof aiProviders.listAiModels;
  listProviderKeys: typeof aiProviders.listProviderKeys;
  putProviderKey: typeof aiProviders.putProviderKey;
  chat: typeof assistants.chat;
  continueMessage: typeof assistants.continueMessage;
  listenLive: typeof events.listenLive;
  sendLive: typeof events.sendLive;
  deleteFile: typeof files.deleteFile;
  readFileBytes: typeof files.readFileBytes;
  uploadFile: typeof files.uploadFile;
  acceptInvitation: typeof identity.acceptInvitation;
  changePassword: typeof identity.changePassword;
  createKey: typeof identity.createKey;
  inviteToInstance: typeof identity.inviteToInstance;
  listSessions: typeof identity.listSessions;
  login: typeof identity.login;
  logout: typeof identity.logout;
  previewInvitation: typeof identity.previewInvitation;
  readCsrfToken: typeof identity.readCsrfToken;
  readProfile: typeof identity.readProfile;
  readSettings: typeof identity.readSettings;
  readSignInMethods: typeof identity.readSignInMethods;
  refresh: typeof identity.refresh;
  register: typeof identity.register;
  revokeKey: typeof identity.revokeKey;
  revokeOtherSessions: typeof identity.revokeOtherSessions;
  revokeSession: typeof identity.revokeSession;
  signInWithExternalToken: typeof identity.signInWithExternalToken;
  updateProfile: typeof identity.updateProfile;
  updateSettings: typeof identity.updateSettings;
  listOutbox: typeof mail.listOutbox;
  deleteProject: typeof projects.deleteProject;
  inviteToProject: typeof projects.inviteToProject;
  listDeletedProjects: typeof projects.listDeletedProjects;
  restoreProject: typeof projects.restoreProject;
  takeOverProject: typeof projects.takeOverProject;
  activatePrompt: typeof prompts.activatePrompt;
  createPrompt: typeof prompts.createPrompt;
  createPromptVersion: typeof prompts.createPromptVersion;
  deletePrompt: typeof prompts.deletePrompt;
  listPromptVersions: typeof prompts.listPromptVersions;
  readPrompt: typeof prompts.readPrompt;
  readPromptVersion: typeof prompts.readPromptVersion;
  removePromptLabel: typeof prompts.removePromptLabel;
  renderPromptPreview: typeof prompts.renderPromptPreview;
  restorePromptVersion: typeof prompts.restorePromptVersion;
  setPromptLabel: typeof prompts.setPromptLabel;
  updatePrompt: typeof prompts.updatePrompt;
  cancelRun: typeof runs.cancelRun;
  streamRun: typeof runs.streamRun;
  createThread: typeof threads.createThread;
  readBranch: typeof threads.readBranch;
  restoreThread: typeof threads.restoreThread;
}
