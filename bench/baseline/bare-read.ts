/** The baseline of a single read: Fastify and pg, one SELECT by key, nobody asked who is there. */
import fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 20 });
const app = fastify();
app.get('/health', () => ({ status: 'ok' }));
app.get<{ Params: { id: string } }>('/projects/:id', async (request) => {
  const { rows } = await pool.query(
    'select id, slug, name, description, created_at as "createdAt", updated_at as "updatedAt", created_by as "createdBy", version from piper.projects where id = $1',
    [request.params.id],
  );
  return { data: rows[0] as unknown };
});
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit(0));
