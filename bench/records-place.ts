/** A running Piper with a project and one data model of records, asked by a member of the project. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import pg from 'pg';
import { startPiper, type Piper } from './piper.ts';

export interface RecordsPlace {
  piper: Piper;
  /** Of the member who asks. */
  headers: Record<string, string>;
  projectId: string;
  modelId: string;
  /** Address of the records. */
  items: string;
  /** `schema.table` of the records, quoted. */
  table: string;
  databaseUrl: string;
  database: pg.Client;
  stop(): Promise<void>;
}

type NewModel = { key: string; label: string; fields: object[]; defaultSort?: string[] };

/** Starts Piper and makes the model; its rules are those that every new model has. */
export async function openRecords(model: NewModel, env: Record<string, string> = {}): Promise<RecordsPlace> {
  const piper = await startPiper(env);
  try {
    const { id: projectId } = await piper.post<{ id: string }>('/api/projects', { name: 'Bench' });
    const made = await piper.post<{ id: string; table: string }>('/api/models', { project: projectId, ...model });
    const databaseUrl = await databaseOf(piper.dataDir);
    const database = new pg.Client({ connectionString: databaseUrl });
    await database.connect();
    return {
      piper,
      headers: await addMember(piper, projectId),
      projectId,
      modelId: made.id,
      items: `/api/projects/${projectId}/items/${model.key}`,
      table: await tableOf(database, projectId, made.id),
      databaseUrl,
      database,
      stop: async () => {
        await database.end();
        await piper.stop();
      },
    };
  } catch (error) {
    await piper.stop();
    throw error;
  }
}

async function addMember(piper: Piper, projectId: string): Promise<Record<string, string>> {
  const email = 'member@example.org';
  const { token } = await piper.post<{ token: string }>(`/api/projects/${projectId}/invitations`, { email, role: 'member' });
  const member = { email, name: 'Member', password: 'a long enough password', invitation: token };
  const { accessToken } = await piper.post<{ accessToken: string }>('/api/auth/register', member);
  return { authorization: `Bearer ${accessToken}` };
}

/** `schema.table` of a model's records, quoted. */
export async function tableOf(database: pg.Client, projectId: string, modelId: string): Promise<string> {
  const { rows } = await database.query<{ table: string }>(
    `select definition->>'table' as table from piper.data_models where project_id = $1 and id = $2`,
    [projectId, modelId],
  );
  return rows[0]!.table
    .split('.')
    .map((name) => pg.escapeIdentifier(name))
    .join('.');
}

/** Where the embedded PostgreSQL of a running Piper is reached. */
export async function databaseOf(dataDir: string): Promise<string> {
  const { cluster, password } = JSON.parse(await readFile(`${dataDir}/postgres.json`, 'utf8')) as Record<string, string>;
  // Line 4 of postmaster.pid is the port, which is another one at each start.
  const port = (await readFile(resolve(dataDir, cluster!, 'postmaster.pid'), 'utf8')).split('\n')[3];
  return `postgres://piper:${password!}@127.0.0.1:${port!}/piper`;
}
