/** Sends requests over and over on 16 connections for a bounded time and counts the answers per second. */
import autocannon from 'autocannon';

export async function requestsPerSecond(url: string, headers: Record<string, string> = {}, seconds = 4): Promise<number> {
  return answersPerSecond({ url, headers, connections: 16, duration: seconds });
}

/** One request of a load: where under the address, and what is sent. */
export interface Sent {
  method?: 'GET' | 'POST' | 'PATCH';
  path: string;
  body?: object;
}

/** The same for requests that differ: `next` makes each of them. */
export async function mixedPerSecond(
  url: string,
  headers: Record<string, string>,
  next: () => Sent,
  seconds = 4,
): Promise<number> {
  const setupRequest = (request: autocannon.Request): autocannon.Request => {
    const { method = 'GET', path, body } = next();
    const sent = { ...request, method, path };
    if (!body) return { ...sent, headers };
    return { ...sent, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  };
  return answersPerSecond({ url, connections: 16, duration: seconds, requests: [{ setupRequest }] });
}

async function answersPerSecond(options: autocannon.Options): Promise<number> {
  const result = await autocannon(options);
  if (result.non2xx > 0 || result.errors > 0) {
    const total = result.requests.total;
    throw new Error(`${options.url}: ${result.non2xx} refusals and ${result.errors} errors among ${total} requests`);
  }
  return result.requests.average;
}
