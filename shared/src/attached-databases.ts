/** Attaching an existing PostgreSQL: its tables become data models of a project, its rows are copied and verified. */
import Type, { type Static } from 'typebox';
import { dataOf, listOf, nullable, route, strict, timestamp, uuid } from './contract.ts';

const tag = 'data-models';

const name = Type.String({ minLength: 1, maxLength: 63 });

/** Where the database is. Rows are only ever read there. */
export const databaseConnection = strict({
  host: Type.String({ minLength: 1, maxLength: 253, pattern: '^[^\\s/\\\\@]+$' }),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  database: name,
  username: name,
  password: Type.Optional(Type.String({ maxLength: 1_000 })),
  /** `verified` asks the server for a certificate of its name; `unverified` encrypts without asking whom; `off` does not encrypt. */
  tls: Type.Optional(Type.Enum(['verified', 'unverified', 'off'])),
  /** Without them all that do not belong to PostgreSQL itself. */
  schemas: Type.Optional(Type.Array(name, { minItems: 1, maxItems: 100 })),
});
export type DatabaseConnection = Static<typeof databaseConnection>;

const unmapped = Type.Object({
  what: Type.String(),
  table: Type.Optional(Type.String()),
  name: Type.String(),
  reason: Type.String(),
});

const mappedModel = Type.Object({
  /** `schema.table` there. */
  table: Type.String(),
  key: Type.String(),
  label: Type.String(),
  /** The planner's guess there. */
  rows: nullable(Type.Integer()),
  readOnly: Type.Boolean(),
  fields: Type.Array(
    Type.Object({ key: Type.String(), label: Type.String(), type: Type.String(), target: Type.Optional(Type.String()) }),
  ),
});

/** What attaching would make, and what it would leave out. */
export const databasePreview = Type.Object({ models: Type.Array(mappedModel), unmapped: Type.Array(unmapped) });
export type DatabasePreview = Static<typeof databasePreview>;

const sum = Type.Object({ rows: Type.Integer(), checksum: Type.String() });

export const attachedDatabase = Type.Object({
  id: uuid,
  host: Type.String(),
  port: Type.Integer(),
  database: Type.String(),
  username: Type.String(),
  tls: Type.String(),
  schemas: nullable(Type.Array(Type.String())),
  status: Type.Enum(['inspecting', 'creating', 'copying', 'verifying', 'done', 'failed']),
  /** Rows copied so far, by table there. */
  progress: Type.Array(
    Type.Object({ table: Type.String(), copied: Type.Integer(), estimate: nullable(Type.Integer()), isDone: Type.Boolean() }),
  ),
  unmapped: Type.Array(unmapped),
  /** When all is copied: both sides counted and summed up, table by table. */
  report: nullable(
    Type.Object({
      isSame: Type.Boolean(),
      tables: Type.Array(
        Type.Object({
          table: Type.String(),
          isSame: Type.Boolean(),
          source: sum,
          target: sum,
          /** Columns that differ. */
          columns: Type.Optional(Type.Array(Type.String())),
        }),
      ),
    }),
  ),
  error: nullable(Type.Object({ code: Type.String(), message: Type.String() })),
  runId: nullable(uuid),
  createdAt: timestamp,
  updatedAt: timestamp,
  createdBy: nullable(uuid),
  finishedAt: nullable(timestamp),
  version: Type.Integer(),
});
export type AttachedDatabase = Static<typeof attachedDatabase>;

const inProject = strict({ project: Type.String({ minLength: 1, maxLength: 200 }) });
const oneOfProject = strict({ project: Type.String({ minLength: 1, maxLength: 200 }), id: uuid });
const path = '/api/projects/:project/databases';

export const previewDatabase = route({
  method: 'POST',
  path: `${path}/preview`,
  tag,
  summary: 'See which data models an existing PostgreSQL would become, and what would be left out.',
  params: inProject,
  body: databaseConnection,
  reply: dataOf(databasePreview),
});

export const attachDatabase = route({
  method: 'POST',
  path,
  tag,
  summary: 'Attach an existing PostgreSQL: make data models of its tables and copy its rows.',
  status: 202,
  params: inProject,
  body: databaseConnection,
  reply: dataOf(attachedDatabase),
});

export const listDatabases = route({
  method: 'GET',
  path,
  tag,
  summary: 'List the databases that were attached to a project, newest first.',
  params: inProject,
  reply: listOf(attachedDatabase),
});

export const readDatabase = route({
  method: 'GET',
  path: `${path}/:id`,
  tag,
  summary: 'Read how far an attached database is copied, what was left out, and whether the copy is the same.',
  params: oneOfProject,
  reply: dataOf(attachedDatabase),
});

export const resumeDatabase = route({
  method: 'POST',
  path: `${path}/:id/resume`,
  tag,
  summary: 'Go on with a database whose attaching failed, from where it was, or fetch once more what differs.',
  status: 202,
  params: oneOfProject,
  /** Where it is reached now, and its password, if they changed. */
  body: strict({
    host: Type.Optional(databaseConnection.properties.host),
    port: Type.Optional(databaseConnection.properties.port),
    password: Type.Optional(databaseConnection.properties.password),
  }),
  reply: dataOf(attachedDatabase),
});

export const detachDatabase = route({
  method: 'DELETE',
  path: `${path}/:id`,
  tag,
  summary: 'Forget an attached database; copying stops, and the data models and records stay.',
  status: 204,
  params: oneOfProject,
});
