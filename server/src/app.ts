/** Builds the HTTP application over opened parts; used by main.ts and by every test, with no port of its own. */
import { randomUUID } from 'node:crypto';
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { limits } from '@piper/shared/limits';
import type { Deps } from '#platform/deps';
import type { Feature } from '#platform/feature';
import { answerError, handleErrors } from '#platform/http/errors';
import { serveHealth, type Readiness } from '#platform/http/health';
import { readJson } from '#platform/http/json';
import { describeApi, serveApiDocs } from '#platform/http/openapi';
import { refuseNul } from '#platform/http/refuse-nul';
import { authenticateRequests } from '#platform/http/session';
import { serveWebApp } from '#platform/http/spa';
import { useValidators } from '#platform/http/validate';
import { serveLive } from '#platform/live/live';
import { httpRequests } from '#platform/metrics';
import { openRuns } from '#platform/runs/runs';
import { serveRuns } from '#platform/runs/runs.routes';
import { serveRecords, systemCatalogue } from '#platform/records/records';

declare module '#platform/feature' {
  interface Feature {
    routes?: (app: FastifyInstance, deps: Deps) => void | Promise<void>;
  }
}

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
  authenticateRequests(app, deps, features);
  await describeApi(app);
  serveHealth(app, deps, options.readiness ?? { accepting: true });
  deps.catalogue = systemCatalogue(features);
  executeRuns(app, deps, features);
  serveLive(app, deps, features);
  for (const feature of features) await feature.routes?.(app, deps);
  serveRecords(app, deps);
  await serveApiDocs(app);
  await serveWebApp(app);
  return app;
}

/** Runs are executed as long as the application is open; closing it waits for those somebody is waiting for. */
function executeRuns(app: FastifyInstance, deps: Deps, features: readonly Feature[]): void {
  const { runs, kinds, start, stop } = openRuns(deps, features);
  deps.runs = runs;
  app.addHook('onReady', start);
  // Durable readers are work in the background, as queued runs are.
  if (deps.env.services.has('worker')) app.addHook('onReady', () => deps.events.startReaders(deps, features));
  app.addHook('preClose', stop);
  serveRuns(app, deps, kinds);
}

async function registerPlugins(app: FastifyInstance, deps: Deps): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        upgradeInsecureRequests: null,
      },
    },
    strictTransportSecurity: deps.env.http.publicUrl.startsWith('https:'),
    crossOriginEmbedderPolicy: false,
  });
  await app.register(cors, {
    origin: deps.env.http.corsOrigins,
    credentials: true,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['x-request-id', 'retry-after', 'etag'],
  });
  await app.register(cookie);
  await app.register(compress, { global: true, threshold: 1024, encodings: ['br', 'gzip', 'identity'] });
}

/** A caller's id is kept, so that a request can be followed through several services. */
function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{8,64}$/.test(given) ? given : randomUUID();
}

function observeRequests(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    httpRequests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    logRequest(request, reply.statusCode, reply.elapsedTime);
  });
}

/** Successful reads are the bulk and say little: they are logged at `debug`. */
function logRequest(request: FastifyRequest, status: number, ms: number): void {
  const quiet = status < 400 && (request.method === 'GET' || request.method === 'HEAD');
  const line = { method: request.method, url: request.url.split('?')[0], status, ms: Math.round(ms * 10) / 10 };
  if (quiet) request.log.debug(line, 'request');
  else request.log.info(line, 'request');
}
