/** Contracts of runs. They are listed and read as records; here is what else they can do. */
import Type from 'typebox';
import { dataOf, idParams, route, strict, uuid } from './contract.ts';

export const cancelRun = route({
  method: 'POST',
  path: '/api/runs/:id/cancel',
  summary: 'Stop a run. It ends as cancelled and keeps what it has; 409 `run_finished` when it had ended already.',
  tag: 'runs',
  status: 202,
  params: idParams,
  reply: dataOf(strict({ id: uuid })),
});

/**
 * Answers `text/event-stream`: `event: turn` with a TurnFrame, then `event: part` with dense `id:`s and a StreamPart each,
 * the last one always `finish`. A finished run is replayed. `Last-Event-ID` (which browsers send by themselves) or `after`
 * names the last part that the reader has.
 */
export const streamRun = route({
  method: 'GET',
  path: '/api/runs/:id/stream',
  summary: 'Read what a run writes, from the start or from where a reader was cut, in whatever process it runs.',
  tag: 'runs',
  params: idParams,
  query: strict({ after: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647 })) }),
});
