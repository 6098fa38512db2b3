/** Sends the same request over and over on 16 connections for a bounded time and counts the answers per second. */
import autocannon from 'autocannon';

export async function requestsPerSecond(url: string, headers: Record<string, string> = {}, seconds = 4): Promise<number> {
  const result = await autocannon({ url, headers, connections: 16, duration: seconds });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} refusals and ${result.errors} errors among ${result.requests.total} requests`);
  }
  return result.requests.average;
}
