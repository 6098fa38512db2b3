/** What computed and polymorphic fields, and refusals, could tell of what is hidden. */
import { describe, expect, test } from 'vitest';
import { applyActions } from '#features/data-models';
import { system } from '#platform/actor';
import { ctxFor } from '#platform/ctx';
import { addModels, model, text, toOne } from '../../../../test/records.ts';
import { beRole, ids, marker, owner, place, send, server } from '../../../../test/attacks.ts';

describe('computed and polymorphic fields', () => {
  test('lead past no rule', async () => {
    await addModels(server, place.project.id, [
      model(
        'notes',
        [
          text('title'),
          { type: 'any-relation', key: 'about', relation: { kind: 'any', targets: ['cases', 'rooms', 'tags'] } },
          toOne('case', 'cases', { reverse: 'notes' }),
          { type: 'formula', key: 'told', options: { formula: 'concat({case.name}, {case.secret}, {case.room.key})' } },
          { type: 'lookup', key: 'caseName', options: { relation: 'case', field: 'name' } },
          { type: 'lookup', key: 'caseSecret', options: { relation: 'case', field: 'secret' } },
        ],
        { rules: [...owner, { action: 'read', roles: ['viewer', 'member'], filter: {}, fields: '*' }] },
      ),
    ]);
    await applyActions(ctxFor(server.deps, system, 'test'), place.project.id, [
      {
        do: 'create-field',
        model: 'rooms',
        field: { type: 'rollup', key: 'names', options: { relation: 'cases', function: 'concat', field: 'name' } },
      },
      {
        do: 'create-field',
        model: 'rooms',
        field: { type: 'rollup', key: 'pins', options: { relation: 'cases', function: 'max', field: 'pin' } },
      },
      {
        do: 'create-field',
        model: 'rooms',
        field: {
          type: 'rollup',
          key: 'secrets',
          options: { relation: 'cases', function: 'count', filter: { secret: { _starts_with: marker } } },
        },
      },
    ]);
    await setRoomRules();
    await beRole('viewer');
    await place.owner.browser.patch(place.at('cases', `/${ids['hidden']}`), { room: ids['room'] });
    for (const about of ['shown', 'hidden']) {
      const made = await place.owner.browser.post(place.at('notes'), {
        title: about,
        case: ids[about],
        about: { model: 'cases', id: ids[about] },
      });
      expect([made.statusCode, made.body]).toEqual([200, expect.stringContaining(marker)]);
    }
    const everything =
      'title,told,caseName,caseSecret,about.*,about:cases.*,about:cases.room.*,case.*,case.room.names,case.room.pins,case.room.secrets';
    const ways: Record<string, string>[] = [
      { fields: everything },
      { fields: '*' },
      { sort: 'told,caseSecret', fields: 'id' },
      { aggregate: '{"max":["told","caseName","caseSecret"],"countDistinct":["told"]}' },
      { aggregate: '{"count":"*"}', groupBy: 'caseSecret,told' },
      { search: marker, fields: '*' },
    ];
    for (const query of ways) {
      const reply = await send('GET', `${place.at('notes')}?${new URLSearchParams(query).toString()}`);
      expect([query, reply.statusCode, reply.body]).toEqual([query, 200, expect.not.stringContaining(marker)]);
    }
    const probes: object[] = [
      { told: { _contains: marker } },
      { caseSecret: { _nnull: true } },
      { caseName: { _eq: marker } },
      { 'about:cases': { name: { _eq: marker } } },
      { case: { room: { pins: { _nnull: true } } } },
      { case: { room: { secrets: { _gt: 0 } } } },
      { case: { room: { names: { _contains: marker } } } },
      { case: { room: { 'count(cases)': { _gt: 1 } } } },
    ];
    for (const filter of probes) {
      const reply = await send('GET', `${place.at('notes')}?filter=${encodeURIComponent(JSON.stringify(filter))}`);
      expect([filter, reply.statusCode, reply.json().data]).toEqual([filter, 200, []]);
    }
    const hidden = await send(
      'GET',
      `${place.at('notes')}?filter=${encodeURIComponent('{"about:cases":{"secret":{"_null":true}}}')}`,
    );
    expect(hidden.statusCode).toBe(400);
  });
});

async function setRoomRules(): Promise<void> {
  await applyActions(ctxFor(server.deps, system, 'test'), place.project.id, [
    {
      do: 'set-rules',
      model: 'rooms',
      rules: [
        ...owner,
        { action: 'read', roles: ['viewer', 'member'], filter: {}, fields: ['title', 'names', 'pins', 'secrets', 'cases'] },
      ],
    },
  ]);
}

test('a refusal names no field, and no model, that who asks may not know', async () => {
  await addModels(server, place.project.id, [
    model('desks', [text('name'), text('vault', { unique: true }), text('cellar', { required: true, default: 'c' })], {
      indexes: [{ fields: ['name', 'cellar'], unique: true }],
      rules: [
        ...owner,
        { action: 'read', roles: ['member'], filter: {}, fields: ['name'] },
        { action: 'create', roles: ['member'], filter: {}, fields: ['name'], presets: { vault: marker } },
        { action: 'delete', roles: ['member'], filter: {}, fields: '*' },
      ],
    }),
    model('audits', [toOne('desk', 'desks', { onDelete: 'restrict' })], { rules: owner }),
  ]);
  await beRole('member');
  const first = await send('POST', place.at('desks'), { name: 'a' });
  expect(first.statusCode).toBe(200);
  const url = place.at('desks', `/${first.json().data.id}`);
  expect((await place.owner.browser.post(place.at('audits'), { desk: first.json().data.id })).statusCode).toBe(200);
  const replies = [
    await send('POST', place.at('desks'), { name: 'b' }),
    await send('POST', place.at('desks'), [{ name: 'c' }]),
    await send('POST', place.at('desks'), { name: 'a' }),
    await send('DELETE', url),
    await send('DELETE', `${url}?permanent=true`),
  ];
  expect(replies.map(({ statusCode }) => statusCode)).toEqual([409, 409, 409, 409, 409]);
  for (const { body } of replies) expect(body).not.toMatch(/vault|cellar|audit|TOPSECRET/i);
});
