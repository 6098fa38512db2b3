/** PostgreSQL can't store NUL, so it is refused at the door, in addresses as in bodies (json.ts). */
import type { FastifyInstance } from 'fastify';
import { fail } from '@piper/shared/errors';

export function refuseNul(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.url.includes('%00')) fail('validation_failed', 'The address contains a NUL character.');
  });
}
