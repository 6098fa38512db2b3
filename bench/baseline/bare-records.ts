/** The baseline of records: Fastify and pg with the statements written by hand; no rules, no events, nobody asked who is there. */
import fastify from 'fastify';
import pg from 'pg';

pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 20 });
const table = process.env['TABLE']!;
const columns = process.env['COLUMNS']!;
const app = fastify();

interface ById {
  Params: { id: string };
}
interface Body {
  Body: Record<string, unknown>;
}

app.get('/health', () => ({ status: 'ok' }));

app.get<ById>('/records/:id', async (request) => {
  const { rows } = await pool.query(`select ${columns} from ${table} where id = $1 and deleted_at is null`, [request.params.id]);
  return { data: rows[0] as unknown };
});

app.get<{ Querystring: { due: string; limit: string } }>('/records', async ({ query }) => {
  const { rows } = await pool.query(
    `select ${columns} from ${table} where due >= $1 and deleted_at is null order by due, id limit $2`,
    [query.due, Number(query.limit)],
  );
  return { data: rows };
});

app.get('/groups', async () => {
  const { rows } = await pool.query(
    `select status, count(*) as count, sum(amount) as amount from ${table} where deleted_at is null group by status order by status limit $1`,
    [100],
  );
  return { data: rows };
});

app.post<Body>('/records', async ({ body }) => {
  const keys = Object.keys(body);
  const names = keys.map((key) => pg.escapeIdentifier(key)).join(', ');
  const { rows } = await pool.query(
    `insert into ${table} (id, ${names}) values (gen_random_uuid(), ${keys.map((_, i) => `$${i + 1}`).join(', ')}) returning ${columns}`,
    Object.values(body),
  );
  return { data: rows[0] as unknown };
});

app.patch<ById & Body>('/records/:id', async ({ params, body }) => {
  const keys = Object.keys(body);
  const sets = keys.map((key, i) => `${pg.escapeIdentifier(key)} = $${i + 2}`).join(', ');
  const { rows } = await pool.query(
    `update ${table} set ${sets}, version = version + 1, updated_at = now() where id = $1 and deleted_at is null returning ${columns}`,
    [params.id, ...Object.values(body)],
  );
  return { data: rows[0] as unknown };
});

await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit(0));
