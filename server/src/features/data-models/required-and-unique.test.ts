/** What a model demands of records that are there already, and of those that lead to Piper's own. */
import { expect, test } from 'vitest';
import type { ChangeSetPreview } from '@piper/shared/change-sets';
import type { ModelAction, NewField } from '@piper/shared/data-models';
import { createDefinitions, type Definitions } from '../../../../test/definitions.ts';
import { manualClock, useTestServer } from '../../../../test/harness.ts';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { projects } from '#features/projects';
import { applyChangeSet } from './index.ts';

const clock = manualClock('2026-11-20T10:00:00Z');
const server = useTestServer({ clock, listen: true });

const orders = (...fields: NewField[]): ModelAction => ({
  do: 'create-model',
  model: { key: 'orders', label: 'Order', fields: [{ type: 'text', key: 'name' }, ...fields] },
});
const field = (input: NewField): ModelAction => ({ do: 'create-field', model: 'orders', field: input });

async function problemsOf(place: Definitions, action: ModelAction): Promise<object[]> {
  const { body } = await place.send('POST', `/api/projects/${place.project.id}/change-sets/preview`, { actions: [action] });
  return (body.data as unknown as ChangeSetPreview).problems.map(({ kind, effect, count }) => ({ kind, effect, count }));
}

test('a new field that is required, or unique with one value for all, is refused with the records in its way', async () => {
  const place = await createDefinitions(server);
  await place.changed(orders());
  const required = field({ type: 'text', key: 'code', required: true });
  const unique = field({ type: 'text', key: 'code', required: true, unique: true, default: 'same' });
  expect([await problemsOf(place, required), await problemsOf(place, unique)]).toEqual([[], []]);
  await place.add('orders', { name: 'a' });
  expect(await problemsOf(place, unique)).toEqual([]);
  await place.add('orders', { name: 'b' });
  for (const [action, kind, count] of [
    [required, 'missing', 2],
    [unique, 'duplicate', 1],
  ] as const) {
    expect(await problemsOf(place, action)).toEqual([{ kind, effect: 'obstacle', count }]);
    const refused = await place.change(action);
    expect([refused.status, refused.body.error]).toMatchObject([422, { details: { problems: [{ kind, count }] } }]);
  }
  await place.changed(field({ type: 'text', key: 'code', required: true, default: 'same' }));
  await place.changed(field({ type: 'auto-number', key: 'number', required: true, unique: true }));
  expect(await place.list('orders', 'fields=code,number&sort=number')).toEqual([
    { code: 'same', number: 1 },
    { code: 'same', number: 2 },
  ]);
});

test('a value demanded of beings of Piper keeps none of them from going', async () => {
  const place = await createDefinitions(server);
  const { owner, project } = place;
  const form = new FormData();
  form.set('projectId', project.id);
  form.set('file', new Blob(['text'], { type: 'text/plain' }), 'a.txt');
  const upload = async (): Promise<string> => {
    const reply = await fetch(`${server.url}/api/files`, { method: 'POST', headers: owner.headers, body: form });
    return ((await reply.json()) as { data: { id: string } }).data.id;
  };
  const [first, second] = [await upload(), await upload()];
  await place.changed(orders({ type: 'file', key: 'scan', required: true }));
  expect((await place.send('POST', `/api/projects/${project.id}/items/orders`, { name: 'x' })).status).toBe(400);
  const record = await place.add('orders', { name: 'a', scan: first });
  await place.add('orders', { name: 'b', scan: second });
  expect((await place.send('DELETE', `/api/files/${first}`)).status).toBe(204);
  expect(await place.list('orders', 'fields=name,scan&sort=name')).toEqual([
    { name: 'a', scan: null },
    { name: 'b', scan: second },
  ]);
  const items = `/api/projects/${project.id}/items/orders/${record}`;
  expect((await place.send('PATCH', items, { name: 'c' })).status).toBe(200);
  expect((await place.send('PATCH', items, { scan: null })).status).toBe(400);
  // To demand it again needs a value in every record.
  await place.changed({ do: 'update-field', model: 'orders', field: 'scan', changes: { required: false } });
  const again: ModelAction = { do: 'update-field', model: 'orders', field: 'scan', changes: { required: true } };
  expect((await place.change(again)).body.error).toMatchObject({ details: { problems: [{ kind: 'missing', count: 1 }] } });
  await place.send('DELETE', items);
  await server.deps.pool.query(`delete from p_${project.id.replaceAll('-', '')}.orders where id = $1`, [record]);
  const ctx = ctxFor(server.deps, system, 'test');
  expect((await applyChangeSet(ctx, project.id, [again], { smallTableBytes: 0 })).status).toBe('applied');
  expect((await place.send('DELETE', `/api/projects/${project.id}`)).status).toBe(200);
  clock.advance(25 * 3_600_000);
  await projects.sweepers![0]!.sweep(ctx);
  const { rows } = await server.deps.pool.query(
    `select (select count(*)::int from piper.projects where id = $1) as projects, (select count(*)::int from piper.files where project_id = $1) as files`,
    [project.id],
  );
  expect(rows).toEqual([{ projects: 0, files: 0 }]);
});
