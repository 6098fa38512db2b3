/** Prometheus metrics, served at /metrics. A part that measures something of its own declares it beside its code, on this registry. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

export const metrics = new Registry();
// A timer of its own watches the event loop; each 10 ms, as is usual, it would keep an idle server awake.
collectDefaultMetrics({ register: metrics, eventLoopMonitoringPrecision: 100 });

const registers = [metrics];
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const httpRequests = new Histogram({
  name: 'piper_http_request_seconds',
  help: 'Time to answer HTTP requests, by route',
  labelNames: ['method', 'route', 'status'],
  buckets: seconds,
  registers,
});
export const dbQueries = new Histogram({
  name: 'piper_db_query_seconds',
  help: 'Time of SQL statements',
  buckets: seconds,
  registers,
});
export const dbErrors = new Counter({ name: 'piper_db_errors_total', help: 'SQL statements that failed', registers });

/** Prometheus gives a whole scrape 10 s. */
const readingMs = 1_000;

/** Declares a gauge whose value is read when Prometheus asks; what can't be read then (the database is away) is not a number. */
export function gauge(name: string, help: string, read: () => number | Promise<number>): void {
  metrics.removeSingleMetric(name);
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      this.set(await orNaN(read));
    },
  });
}

async function orNaN(read: () => number | Promise<number>): Promise<number> {
  const timeout = new Promise<number>((resolve) => setTimeout(resolve, readingMs, Number.NaN).unref());
  const reading = (async () => read())().catch(() => Number.NaN);
  return Promise.race([reading, timeout]);
}
