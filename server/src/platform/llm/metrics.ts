/** What /metrics tells of AI providers. Labels are provider names, never models or users: their number must stay bounded. */
import { Counter, Histogram } from 'prom-client';
import { metrics } from '../metrics.ts';

const registers = [metrics];
const seconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160];

export const providerFirstPart = new Histogram({
  name: 'piper_provider_first_part_seconds',
  help: 'Time from asking an AI provider to the first part of its answer',
  labelNames: ['provider'],
  buckets: seconds,
  registers,
});
export const providerTotal = new Histogram({
  name: 'piper_provider_answer_seconds',
  help: 'Time from asking an AI provider to the end of its answer',
  labelNames: ['provider', 'outcome'],
  buckets: seconds,
  registers,
});
export const providerTokens = new Counter({
  name: 'piper_provider_tokens_total',
  help: 'Tokens sent to and received from AI providers, as they report them',
  labelNames: ['provider', 'direction'],
  registers,
});
export const providerErrors = new Counter({
  name: 'piper_provider_errors_total',
  help: 'Failed calls of AI providers, by error code',
  labelNames: ['provider', 'code'],
  registers,
});
