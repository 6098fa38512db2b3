/** Every time limit towards AI providers. Tests pass smaller ones to `openLlm`. */
export interface LlmTiming {
  /** Until the connection stands, TLS included. */
  connectMs: number;
  /** From then until the answer begins; models that think before they speak take long. */
  firstByteMs: number;
  /** Between two pieces of an answer; the providers' keep-alive comments count as a sign of life. */
  silenceMs: number;
  /** For a whole list of models. */
  listMs: number;
  /** Attempts before the first part of an answer, the first one included. */
  attempts: number;
  /** Wait before the second attempt; doubled for each further one up to the maximum, of which a random half is taken off. */
  backoffMs: number;
  backoffMaxMs: number;
  /** A `retry-after` up to this is waited for; a longer one ends the call and is passed on. */
  retryAfterMaxMs: number;
  /** How long a list of models is believed, and how long a failure to get it. */
  listTtlMs: number;
  listFailureTtlMs: number;
}

export const llmTiming: LlmTiming = {
  connectMs: 10_000,
  firstByteMs: 120_000,
  silenceMs: 90_000,
  listMs: 15_000,
  attempts: 4,
  backoffMs: 500,
  backoffMaxMs: 8_000,
  retryAfterMaxMs: 20_000,
  listTtlMs: 300_000,
  listFailureTtlMs: 15_000,
};
