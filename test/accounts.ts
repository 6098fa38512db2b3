/** Clients and accounts for API tests, made through HTTP as everybody else makes them. */
import { randomUUID } from 'node:crypto';
import type { InjectOptions } from 'fastify';
import type { Account } from '@piper/shared/identity';
import type { Project } from '@piper/shared/projects';
import type { ProjectRole } from '@piper/shared/system-models/roles';
import type { TestServer } from './harness.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
type Payload = Exclude<InjectOptions['payload'], undefined>;

/** A browser: keeps cookies and its access token, and sends both. */
export class Browser {
  readonly server: TestServer;
  token: string | undefined;
  private readonly jar = new Map<string, string>();

  constructor(server: TestServer) {
    this.server = server;
  }

  /** A copy with the same cookies and token: another tab, or whoever stole them. */
  clone(): Browser {
    const copy = new Browser(this.server);
    copy.token = this.token;
    for (const [name, value] of this.jar) copy.jar.set(name, value);
    return copy;
  }

  cookie(name: string): string | undefined {
    return this.jar.get(name);
  }

  setCookie(name: string, value: string): void {
    this.jar.set(name, value);
  }

  /** All cookies as one header, for sockets and event streams. */
  get cookieHeader(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Sends with the cookies and, unless `bearer` is false, the access token. */
  async send(options: InjectOptions, { bearer = true }: { bearer?: boolean } = {}) {
    const reply = await this.server.app.inject({
      ...options,
      headers: {
        ...(this.jar.size > 0 && { cookie: this.cookieHeader }),
        ...(bearer && this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...options.headers,
      },
    });
    for (const { name, value } of reply.cookies) {
      if (value === '') this.jar.delete(name);
      else this.jar.set(name, value);
    }
    this.token = /"accessToken":"([^"]+)"/.exec(reply.body)?.[1] ?? this.token;
    return reply;
  }

  get = (url: string) => this.send({ method: 'GET', url });
  post = (url: string, payload?: Payload) => this.change('POST', url, payload);
  patch = (url: string, payload?: Payload) => this.change('PATCH', url, payload);
  delete = (url: string) => this.change('DELETE', url);

  private change(method: Method, url: string, payload?: Payload) {
    return this.send({ method, url, ...(payload !== undefined && { payload }) });
  }

  /** Fetches a CSRF token for this browser's session. */
  async csrf(): Promise<string> {
    const reply = await this.get('/api/csrf');
    return (reply.json() as { data: { csrfToken: string } }).data.csrfToken;
  }

  async refresh() {
    const token = await this.csrf();
    return this.send({ method: 'POST', url: '/api/auth/refresh', headers: { 'x-csrf-token': token } }, { bearer: false });
  }
}

export interface TestUser {
  user: Account;
  email: string;
  token: string;
  /** `authorization` with the access token, for a bare `inject`. */
  headers: { authorization: string };
  browser: Browser;
}

export const testPassword = 'correct horse';

/** Registers somebody new (the first on a server is its OWNER) and stays signed in. */
export async function registerUser(
  server: TestServer,
  given: { name?: string; email?: string; password?: string; invitation?: string } = {},
): Promise<TestUser> {
  const browser = new Browser(server);
  const email = given.email ?? `${randomUUID()}@example.com`;
  const reply = await browser.post('/api/auth/register', { name: 'Somebody', password: testPassword, ...given, email });
  if (reply.statusCode !== 201) throw new Error(`register answered ${reply.statusCode}: ${reply.body}`);
  const { user, accessToken } = (reply.json() as { data: { user: Account; accessToken: string } }).data;
  return { user, email, token: accessToken, headers: { authorization: `Bearer ${accessToken}` }, browser };
}

/** What the log holds under the topic `security`, oldest first. */
export async function securityEvents(server: TestServer, type: string) {
  const { rows } = await server.deps.pool.query<{ subject: string | null; actor: string; data: Record<string, unknown> }>(
    `select subject, actor, data from piper.events where topic = 'security' and type = $1 order by position`,
    [type],
  );
  return rows;
}

/** A project of this account. */
export async function createProject(owner: TestUser, given: { name?: string; description?: string } = {}): Promise<Project> {
  const reply = await owner.browser.post('/api/projects', { name: 'A project', ...given });
  if (reply.statusCode !== 201) throw new Error(`creating a project answered ${reply.statusCode}: ${reply.body}`);
  return (reply.json() as { data: Project }).data;
}

/** Puts somebody into a project through an invitation, as people do it. */
export async function addMember(
  owner: TestUser,
  project: { id: string },
  somebody: TestUser,
  role: ProjectRole = 'member',
): Promise<void> {
  const invited = await owner.browser.post(`/api/projects/${project.id}/invitations`, { email: somebody.email, role });
  if (invited.statusCode !== 201) throw new Error(`inviting answered ${invited.statusCode}: ${invited.body}`);
  const { token } = (invited.json() as { data: { token: string } }).data;
  const accepted = await somebody.browser.post('/api/invitations/accept', { token });
  if (accepted.statusCode !== 200) throw new Error(`accepting answered ${accepted.statusCode}: ${accepted.body}`);
}
