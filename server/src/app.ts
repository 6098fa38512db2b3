/** Builds the HTTP application over opened parts; used by main.ts and by every test, with no port of its own. */
import { randomUUID } from 'node:crypto';
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { limits } from '@piper/shared/limits';
import type { Deps } from '#platform/deps';
import type { Feature } from '#platform/feature';
import { answerError, handleErrors } from '#platform/http/errors';
import { serveHealth, type Readiness } from '#platform/http/health';
import { readJson } from '#platform/http/json';
import { describeApi, serveApiDocs } from '#platform/http/openapi';
import { observeRequests } from '#platform/http/observe';
import { registerPlugins } from '#platform/http/plugins';
import { refuseNul } from '#platform/http/refuse-nul';
import { authenticateRequests } from '#platform/http/session';
import { shedLoad } from '#platform/http/shed';
import { answerUnknown, serveWebApp } from '#platform/http/spa';
import { useValidators } from '#platform/http/validate';
import { serveLive } from '#platform/live/live';
import { openRuns, type OpenRuns } from '#platform/runs/runs';
import { serveRuns } from '#platform/runs/runs.routes';
import { followExtensions, serveRecords, systemCatalogue } from '#platform/records/records';

declare module '#platform/feature' {
  interface Feature {
    routes?: (app: FastifyInstance, deps: Deps) => void | Promise<void>;
  }
}

type RunKinds = OpenRuns['kinds'];

export interface AppOptions {
  readiness?: Readiness;
}

export async function buildApp(deps: Deps, features: readonly Feature[], options: AppOptions = {}): Promise<FastifyInstance> {
  deps.features = features;
  const app = fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    // Fastify takes a number of hops too; its types leave that out.
    trustProxy: deps.env.http.trustProxy as boolean | string,
    bodyLimit: limits.body,
    forceCloseConnections: 'idle',
    genReqId: (request) => requestId(request.headers['x-request-id']),
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: answerError,
  });
  app.decorateRequest('actor', undefined);
  handleErrors(app);
  readJson(app);
  useValidators(app);
  refuseNul(app);
  observeRequests(app);
  await registerPlugins(app, deps);
  shedLoad(app, deps);
  authenticateRequests(app, deps, features);
  await describeApi(app);
  serveHealth(app, deps, options.readiness ?? { accepting: true });
  deps.catalogue = systemCatalogue(features);
  followExtensions(app, deps);
  const kinds = executeRuns(app, deps, features);
  serveLive(app, deps, features);
  if (deps.env.services.has('api')) await serveApi(app, deps, kinds);
  else answerUnknown(app);
  return app;
}

/** What people and programs ask for; a process without `api` answers only /health, /ready, /metrics and, with `live`, its clients. */
async function serveApi(app: FastifyInstance, deps: Deps, kinds: RunKinds): Promise<void> {
  serveRuns(app, deps, kinds);
  for (const feature of deps.features) await feature.routes?.(app, deps);
  serveRecords(app, deps);
  await serveApiDocs(app);
  await serveWebApp(app);
}

/** Runs are executed as long as the application is open; closing it waits for those somebody is waiting for. */
function executeRuns(app: FastifyInstance, deps: Deps, features: readonly Feature[]): RunKinds {
  const { runs, kinds, start, stop } = openRuns(deps, features);
  deps.runs = runs;
  app.addHook('onReady', start);
  // Durable readers are work in the background, as queued runs are.
  if (deps.env.services.has('worker')) app.addHook('onReady', () => deps.events.startReaders(deps, features));
  app.addHook('preClose', stop);
  return kinds;
}

/** A caller's id is kept, so that a request can be followed through several services. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{8,64}$/.test(given) ? given : randomUUID();
}
