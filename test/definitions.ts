/** A project whose definitions a test changes over HTTP, as who manages it. */
import { expect } from 'vitest';
import type { ChangeSetDetail } from '@piper/shared/change-sets';
import type { ModelAction } from '@piper/shared/data-models';
import { createProject, registerUser, type TestUser } from './accounts.ts';
import type { TestServer } from './harness.ts';

type Values = Record<string, unknown>;
interface Reply {
  status: number;
  text: string;
  body: { data: Values; meta: Values; error: { code: string; message: string; details?: unknown } };
}
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface Definitions {
  owner: TestUser;
  project: { id: string; slug: string };
  /** Any request, as the owner. */
  send(method: Method, url: string, payload?: object): Promise<Reply>;
  /** As one change set, which may lose values. */
  change(...actions: ModelAction[]): Promise<Reply>;
  /** As `change`; it must succeed. Returns the change set. */
  changed(...actions: ModelAction[]): Promise<ChangeSetDetail>;
  undo(id: string): Promise<Reply>;
  redo(id: string): Promise<Reply>;
  /** Adds a record and returns its id. */
  add(model: string, values: Values): Promise<string>;
  list(model: string, query?: string): Promise<Values[]>;
  /** The definition of a model, by key or id. */
  read(model: string): Promise<Values & { id: string; key: string; fields: (Values & { id: string; key: string })[] }>;
}

/** A new project, of a new user unless it is to be of `owner`. */
export async function createDefinitions(server: TestServer, owner?: TestUser): Promise<Definitions> {
  const who = owner ?? (await registerUser(server));
  const project = await createProject(who);
  const base = `/api/projects/${project.id}`;
  const send: Definitions['send'] = async (method, url, payload) => {
    const reply = await who.browser.send({ method, url, ...(payload && { payload }) });
    return { status: reply.statusCode, text: reply.body, body: (reply.body === '' ? {} : reply.json()) as Reply['body'] };
  };
  const done = async (...request: Parameters<typeof send>): Promise<Reply['body']> => {
    const { status, text, body } = await send(...request);
    expect(status, text).toBeLessThan(300);
    return body;
  };
  return {
    owner: who,
    project,
    send,
    change: (...actions) => send('POST', `${base}/change-sets`, { actions, acceptLoss: true }),
    changed: async (...actions) => {
      const { data } = await done('POST', `${base}/change-sets`, { actions, acceptLoss: true });
      expect(data['status']).toBe('applied');
      return data as unknown as ChangeSetDetail;
    },
    undo: (id) => send('POST', `${base}/change-sets/${id}/undo`),
    redo: (id) => send('POST', `${base}/change-sets/${id}/redo`),
    add: async (model, values) => String((await done('POST', `${base}/items/${model}`, values)).data['id']),
    list: async (model, query = '') =>
      (await done('GET', `${base}/items/${model}?${query}`)).data as unknown as Record<string, unknown>[],
    read: async (model) =>
      (await done('GET', `/api/models/${model}?project=${project.id}`)).data as Awaited<ReturnType<Definitions['read']>>,
  };
}
