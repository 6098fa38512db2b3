/**
 * Turns whatever a provider, its SDK or the network throws into an error of the catalogue with a sentence that tells the
 * user what to do. Providers say the same thing in many forms (status, code, type, prose), so prose is matched as well.
 */
import { PiperError, type ErrorCode } from '@piper/shared/errors';
import { OutboundError, type OutboundFailure } from '../http/outbound.ts';
import { saidBy, type Said } from './said.ts';

export interface Failure {
  error: PiperError;
  /** Whether trying again may help. */
  retry: boolean;
}

export interface Whose {
  label: string;
  apiKey: string | undefined;
}

export function failureOf(thrown: unknown, whose: Whose): Failure {
  const chain = causes(thrown);
  for (const error of chain) {
    if (error instanceof PiperError) return { error, retry: false };
    if (error instanceof OutboundError) return networkFailure(error, whose);
  }
  const said = saidBy(thrown);
  if (said) return classify(said, whose, thrown);
  return malformed(chain, whose);
}

function causes(thrown: unknown): unknown[] {
  const chain: unknown[] = [];
  for (
    let error = thrown;
    error !== undefined && error !== null && chain.length < 8;
    error = (error as { cause?: unknown }).cause
  )
    chain.push(error);
  return chain;
}

const networkFailures: Record<OutboundFailure, { code: ErrorCode; retry: boolean; say: (label: string) => string }> = {
  unreachable: {
    code: 'provider_unavailable',
    retry: true,
    say: (l) => `${l} cannot be reached. Check the network and the address in the settings, then try again.`,
  },
  connect_timeout: {
    code: 'provider_unavailable',
    retry: true,
    say: (l) => `${l} cannot be reached: the connection was not accepted in time. Try again.`,
  },
  answer_timeout: {
    code: 'provider_timeout',
    retry: false,
    say: (l) => `${l} did not answer in time. Try again, or choose another AI model.`,
  },
  silence: { code: 'provider_timeout', retry: false, say: (l) => `${l} stopped answering in the middle. Try again.` },
  dropped: {
    code: 'provider_unavailable',
    retry: true,
    say: (l) => `The connection to ${l} broke before the answer was complete. Try again.`,
  },
  too_large: { code: 'provider_bad_reply', retry: false, say: (l) => `${l} sent more than Piper takes in one answer.` },
  too_many_redirects: {
    code: 'provider_unavailable',
    retry: false,
    say: (l) => `The address of ${l} leads in circles. Check it in the settings.`,
  },
};

function networkFailure(error: OutboundError, { label }: Whose): Failure {
  const { code, retry, say } = networkFailures[error.failure];
  return { error: new PiperError(code, { message: say(label), cause: error }), retry };
}

/** Errors of the SDK about what it read or was asked to send, known by name (its classes are loaded only when first used). */
function malformed(chain: unknown[], { label }: Whose): Failure {
  const cause = chain[0];
  const names = chain.map((error) => (error instanceof Error ? error.name : ''));
  if (names.some((name) => name === 'AI_UnsupportedFunctionalityError' || name === 'AI_InvalidPromptError')) {
    const message = `${label} cannot take a part of this message: ${firstMessage(chain)} Remove the attachment or choose another AI model.`;
    return { error: new PiperError('provider_bad_request', { message, cause }), retry: false };
  }
  const message = `${label} sent something that could not be understood. Try again; if it stays so, check the address in the settings.`;
  return { error: new PiperError('provider_bad_reply', { message, cause }), retry: false };
}

const firstMessage = (chain: unknown[]): string => {
  const message = chain.find((error) => error instanceof Error)?.message ?? '';
  return message === '' || message.endsWith('.') ? message : `${message}.`;
};

interface Class {
  code: ErrorCode;
  retry: boolean;
  matches: (said: Said, text: string) => boolean;
  say: (label: string, own: string) => string;
}

/** Asked in this order; the first that matches decides. */
const classes: Class[] = [
  {
    code: 'provider_auth',
    retry: false,
    matches: (said, text) =>
      said.status === 401 ||
      /invalid.?(x-)?api.?key|incorrect api key|api key not valid|api_key_invalid|authentication_error|invalid_authentication/.test(
        text,
      ),
    say: (l) => `${l} refused the key. Check it in the settings, or use another one.`,
  },
  {
    code: 'provider_context_too_long',
    retry: false,
    matches: (_, text) =>
      /context.?length|maximum context|context window|prompt is too long|input token count|input is too long|too many (input )?tokens/.test(
        text,
      ),
    say: (l) =>
      `The conversation is too long for this AI model of ${l}. Start a new thread, or choose a model with a larger context.`,
  },
  {
    code: 'provider_quota',
    retry: false,
    // Google says "quota" for its limits per minute too, but then names a delay.
    matches: (said, text) =>
      said.status === 402 ||
      (said.retryAfter === undefined &&
        /insufficient_quota|exceeded your current quota|credit balance|insufficient credits|billing_/.test(text)) ||
      /insufficient_quota/.test(text),
    say: (l) => `The account at ${l} has no credit left. Add credit there, or use another key.`,
  },
  {
    code: 'provider_rate_limited',
    retry: true,
    matches: (said, text) => said.status === 429 || /rate.?limit|resource_exhausted|too many requests/.test(text),
    say: (l) => `${l} asks to slow down. Try again in a moment.`,
  },
  {
    code: 'provider_content_refused',
    retry: false,
    matches: (_, text) => /content.?(policy|filter)|safety (system|settings)|moderation|blocked by/.test(text),
    say: (l) => `${l} refused the content. Change the message and try again.`,
  },
  {
    code: 'ai_model_unknown',
    retry: false,
    matches: (said, text) =>
      said.status === 404 || /model_not_found|not_found_error|model .*(not found|does not exist)|not a valid model/.test(text),
    say: (l) => `${l} does not know this AI model. Choose another one, or check the address in the settings.`,
  },
  {
    code: 'provider_auth',
    retry: false,
    matches: (said, text) => said.status === 403 || /permission_(error|denied)/.test(text),
    say: (l) => `${l} does not let this key use this AI model. Choose another model or key.`,
  },
  {
    code: 'provider_timeout',
    retry: true,
    matches: (said) => said.status === 408 || said.status === 504,
    say: (l) => `${l} did not answer in time. Try again.`,
  },
  {
    code: 'provider_bad_request',
    retry: false,
    matches: (said, text) =>
      (said.status !== undefined && said.status < 500 && said.status !== 409 && said.status !== 425) ||
      /invalid_request|invalid_argument/.test(text),
    say: (l, own) => `${l} refused the request${own ? `: ${own}` : '.'}`,
  },
  {
    code: 'provider_unavailable',
    retry: true,
    matches: () => true,
    say: (l) => `${l} has a failure or is overloaded. Try again in a moment, or choose another AI model.`,
  },
];

function classify(said: Said, whose: Whose, cause: unknown): Failure {
  const text = `${said.words} ${said.message}`.toLowerCase();
  const found = classes.find((one) => one.matches(said, text))!;
  const message = found.say(whose.label, ownWords(said.message, whose.apiKey));
  const retryAfter = found.retry ? said.retryAfter : undefined;
  return {
    error: new PiperError(found.code, { message, cause, ...(retryAfter === undefined ? {} : { retryAfter }) }),
    retry: found.retry,
  };
}

const keyLike = /\b(sk|pk|rk|key|AIza)[-_A-Za-z0-9*]{8,}\b/g;

/** The provider's own sentence, short, and without anything that looks like a key. */
function ownWords(message: string, apiKey: string | undefined): string {
  const plain = (apiKey ? message.replaceAll(apiKey, '…') : message).replace(keyLike, '…').replace(/\s+/g, ' ').trim();
  return plain.length > 300 ? `${plain.slice(0, 299)}…` : plain;
}
