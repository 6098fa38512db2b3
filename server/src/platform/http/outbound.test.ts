import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '@piper/shared/limits';
import { openOutbound, OutboundError } from './outbound.ts';
import { isPublicAddress } from './public-address.ts';

const timing = { connectMs: 500, firstByteMs: 300, silenceMs: 300 };
const free = openOutbound({ publicOnly: false, ...timing });
const guarded = openOutbound({ publicOnly: true, ...timing });
const servers: Server[] = [];

async function serve(handle: (req: IncomingMessage, res: ServerResponse) => void): Promise<string> {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('public addresses', () => {
  it.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111'])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.100.100.200',
    '127.0.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '172.31.255.1',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    'fd00:ec2::254',
    'fe80::1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    'localhost',
    '',
  ])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('the guard', () => {
  it.each([
    'http://127.0.0.1:1',
    'http://[::1]:1',
    'http://2130706433:1',
    'http://0x7f.1:1',
    'http://169.254.169.254/latest',
    'http://[::ffff:127.0.0.1]:1',
  ])('refuses %s', async (url) => {
    await expect(guarded(url)).rejects.toMatchObject({ code: 'outbound_refused' });
  });

  it('refuses a name by the address it resolves to, when connecting', async () => {
    const url = await serve((_, res) => res.end('secret'));
    await expect(guarded(url.replace('127.0.0.1', 'localhost'))).rejects.toMatchObject({ code: 'outbound_refused' });
  });

  it('refuses other protocols for everybody', async () => {
    await expect(free('file:///etc/passwd')).rejects.toMatchObject({ code: 'outbound_refused' });
  });

  it('checks where a redirect leads', async () => {
    const url = await serve((_, res) => res.writeHead(302, { location: 'gopher://x/' }).end());
    await expect(free(url)).rejects.toMatchObject({ code: 'outbound_refused' });
  });
});

describe('redirects', () => {
  it('keep credentials inside the origin and drop them on the way out', async () => {
    const seen: Record<string, string | undefined>[] = [];
    const other = await serve((req, res) => {
      seen.push({
        authorization: req.headers.authorization,
        key: req.headers['x-api-key'] as string | undefined,
        kept: req.headers['x-kept'] as string,
      });
      res.end('there');
    });
    const home = await serve((req, res) => {
      if (req.url === '/same') seen.push({ authorization: req.headers.authorization });
      res.writeHead(307, { location: req.url === '/same' ? `${other}/` : '/same' }).end();
    });
    const reply = await free(`${home}/start`, { headers: { authorization: 'Bearer a', 'x-api-key': 'b', 'x-kept': 'c' } });
    expect(await reply.text()).toBe('there');
    expect(seen).toEqual([{ authorization: 'Bearer a' }, { authorization: undefined, key: undefined, kept: 'c' }]);
  });

  it('end somewhere', async () => {
    const url = await serve((_, res) => res.writeHead(302, { location: '/again' }).end());
    await expect(free(url)).rejects.toMatchObject({ failure: 'too_many_redirects' });
  });
});

describe('failures are told apart', () => {
  it('nobody listens', async () => {
    await expect(free('http://127.0.0.1:1')).rejects.toMatchObject({ failure: 'unreachable' });
  });

  it('no answer', async () => {
    const url = await serve(() => undefined);
    await expect(free(url)).rejects.toMatchObject({ failure: 'answer_timeout' });
  });

  it('silence in the middle', async () => {
    const url = await serve((_, res) => void res.write('begin'));
    const reply = await free(url);
    await expect(reply.text()).rejects.toMatchObject({ failure: 'silence' });
  });

  it('a connection that breaks in the middle', async () => {
    const url = await serve((_, res) => {
      res.write('begin');
      setTimeout(() => res.destroy(), 20);
    });
    const reply = await free(url);
    await expect(reply.text()).rejects.toBeInstanceOf(OutboundError);
  });

  it('an abort, before and in the middle, which reaches the server', async () => {
    const closed = Promise.withResolvers<void>();
    const url = await serve((req, res) => {
      if (req.url === '/slow') return;
      res.write('begin');
      res.once('close', closed.resolve);
    });
    const first = new AbortController();
    setTimeout(() => first.abort(new Error('enough')), 30);
    await expect(free(`${url}/slow`, { signal: first.signal })).rejects.toThrow('enough');
    const second = new AbortController();
    const reply = await free(url, { signal: second.signal });
    setTimeout(() => second.abort(new Error('enough')), 30);
    await expect(reply.text()).rejects.toThrow('enough');
    await closed.promise;
  });
});

it('sends bodies and reads long answers whole, over kept connections', async () => {
  const url = await serve((req, res) => {
    req.setEncoding('utf8');
    let body = '';
    req.on('data', (chunk: string) => (body += chunk));
    req.on('end', () => res.end(body.repeat(2000)));
  });
  for (let i = 0; i < 3; i++) {
    const reply = await free(url, { method: 'POST', body: 'grüße '.repeat(50) });
    expect((await reply.text()).length).toBe(6 * 50 * 2000);
  }
});

it('stops reading a reply that does not end', async () => {
  const url = await serve((_req, res) => {
    const line = `data: ${'x'.repeat(1024 * 1024)}\n\n`;
    const more = () => {
      while (!res.destroyed && res.write(line));
    };
    res.on('drain', more);
    more();
  });
  let read = 0;
  const reading = (async () => {
    for await (const chunk of (await free(url)).body!) {
      read += (chunk as Uint8Array).byteLength;
      if (read > 2 * limits.outboundReply) return 'still reading';
    }
    return 'ended';
  })();
  await expect(reading).rejects.toMatchObject({ failure: 'too_large' });
  expect(read).toBeLessThanOrEqual(limits.outboundReply);
});

it('replaces a kept connection that the server had closed', async () => {
  const used = new WeakSet<object>();
  let asked = 0;
  const url = await serve((req, res) => {
    asked++;
    if (used.has(req.socket)) return void req.socket.destroy();
    used.add(req.socket);
    res.end('here');
  });
  expect(await (await free(url)).text()).toBe('here');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await (await free(url)).text()).toBe('here');
  expect(asked).toBe(3);
});
