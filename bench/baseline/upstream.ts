/**
 * An OpenAI-compatible server whose tokens are the time at which they were sent, so that a reader can tell their delay.
 * The model's name says how many: `clock-<tokens>x<ms between>`.
 */
import { createServer, type ServerResponse } from 'node:http';

const now = (): string => (performance.timeOrigin + performance.now()).toFixed(1);

function chunk(delta: object, finish: string | null = null): string {
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'clock', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}

function tell(reply: ServerResponse, count: number, ms: number): void {
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  let sent = 0;
  const timer = setInterval(next, Math.max(1, ms));
  reply.once('close', () => clearInterval(timer));
  next();

  function next(): void {
    if (sent++ < count) return void reply.write(chunk({ content: `${now()} ` }));
    clearInterval(timer);
    const usage = { prompt_tokens: 1, completion_tokens: count, total_tokens: count + 1 };
    reply.end(
      `${chunk({}, 'stop')}data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'clock', choices: [], usage })}\n\ndata: [DONE]\n\n`,
    );
  }
}

const server = createServer(async (request, reply) => {
  if (request.url === '/health') return void reply.end('ok');
  if (request.url?.endsWith('/models'))
    return void reply
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ object: 'list', data: [{ id: 'clock-20x0', object: 'model' }] }));
  const chunks: Buffer[] = [];
  for await (const part of request) chunks.push(part as Buffer);
  const { model } = JSON.parse(Buffer.concat(chunks).toString()) as { model: string };
  const [, count, ms] = /clock-(\d+)x(\d+)/.exec(model) ?? [];
  tell(reply, Number(count ?? 5), Number(ms ?? 0));
});
server.listen(Number(process.env['PORT']), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
