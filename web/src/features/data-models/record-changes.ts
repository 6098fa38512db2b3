/** Another person's change of records appears by itself, at a pace that page and server can bear. */
import { useEffect } from 'react';
import { queryClient } from '../../platform/cache.ts';
import { subscribeTopic } from '../../platform/live.ts';
import { paced } from '../../platform/paced.ts';
import { recordsPath, type VisibleModel } from '../../platform/records.ts';
import { refreshDefinitions } from './models.ts';

const pauseMs = 2_000;
/** How many there are costs the server more than the records on the screen. */
const countPauseMs = 15_000;

const refresh = (...queryKey: readonly unknown[]): Promise<void> => queryClient.invalidateQueries({ queryKey });

export function useRecordChanges(model: VisibleModel, projectId: string): void {
  const path = recordsPath(model);
  const topic = `project:${projectId}:model:${model.id}`;
  useEffect(() => {
    const readRecords = paced(() => Promise.all([refresh('records', path), refresh('record', path)]), pauseMs);
    const readAll = paced(refreshDefinitions, pauseMs);
    const count = paced(() => refresh(path, 'count'), countPauseMs);
    return subscribeTopic(topic, ({ type, subject }) => {
      if (type.startsWith('comment.')) return void refresh('record', path, subject, 'comments');
      // What was missed may be new rules too, which decide what the definition shows.
      if (type === 'snapshot') readAll();
      else readRecords();
      count();
    });
  }, [path, topic]);
}
