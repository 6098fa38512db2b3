/** The baseline of a streamed answer: a server that passes the upstream's bytes on as they come. */
import { createServer } from 'node:http';

const upstream = process.env['UPSTREAM'];
const server = createServer(async (request, reply) => {
  if (request.url === '/health') return void reply.end('ok');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const answer = await fetch(`${upstream}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.concat(chunks),
  });
  reply.writeHead(answer.status, { 'content-type': 'text/event-stream' });
  if (answer.body) for await (const chunk of answer.body) reply.write(chunk);
  reply.end();
});
server.listen(Number(process.env['PORT']), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
