/** Fields of pictures take files that are pictures, and that the writer may see. */
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import type { Action, DataModel } from '@piper/shared/data-model';
import { actorsFeature, addUser } from '../../../../../test/actors.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { ctxFor, type Ctx } from '../../ctx.ts';
import { newId } from '../../ids.ts';
import { openCatalogue } from '../catalogue.ts';
import { createRecord } from '../write.ts';

const actions: Action[] = ['read', 'create', 'update', 'delete'];
const model: DataModel = {
  id: 'pictured',
  key: 'pictured',
  eventName: 'pictured',
  table: 'piper.pictured',
  label: 'Pictured',
  labelPlural: 'Pictured',
  description: '',
  icon: 'image',
  titleField: 'id',
  search: [],
  defaultSort: ['id'],
  topics: [],
  verbs: [],
  rules: actions.map((action) => ({ action, filter: {}, fields: '*' })),
  fields: [
    { id: 'id', key: 'id', column: 'id', type: 'uuid', label: 'ID', required: true, readOnly: true },
    {
      id: 'logo',
      key: 'logo',
      column: 'logo',
      type: 'image',
      label: 'Logo',
      relation: { kind: 'many-to-one', target: 'files', as: 'logo' },
    },
    {
      id: 'views',
      key: 'views',
      column: 'views',
      type: 'images',
      label: 'Views',
      relation: { kind: 'id-list', target: 'files' },
    },
    {
      id: 'papers',
      key: 'papers',
      column: 'papers',
      type: 'files',
      label: 'Papers',
      relation: { kind: 'id-list', target: 'files' },
    },
  ],
};

const server = useTestServer({ features: [actorsFeature] });
let ctx: Ctx;
let mine: string;

beforeAll(async () => {
  const { db } = server.deps;
  await sql`create table piper.pictured (id uuid primary key, logo uuid, views uuid[], papers uuid[])`.execute(db);
  mine = (await addUser(db)).userId;
  const deps = { ...server.deps, catalogue: openCatalogue([{ model }], server.deps.catalogue) };
  ctx = { ...ctxFor(server.deps, { kind: 'user', userId: mine, role: 'MEMBER', sessionId: newId() }, 'test'), deps };
});

async function addFile(mediaType: string, by = mine): Promise<string> {
  const id = newId();
  await sql`insert into piper.files (id, name, media_type, size, sha256, storage_key, created_by)
    values (${id}, 'x', ${mediaType}, 1, ''::bytea, ${id}, ${by})`.execute(server.deps.db);
  return id;
}
const create = (values: Record<string, unknown>) => createRecord(ctx, 'pictured', values);

test('a picture is taken, another file is not', async () => {
  const [png, pdf] = [await addFile('image/png'), await addFile('application/pdf')];
  expect(await create({ logo: png, views: [png], papers: [pdf, png] })).toMatchObject({
    logo: png,
    views: [png],
    papers: [pdf, png],
  });
  await expect(create({ logo: pdf })).rejects.toMatchObject({
    code: 'validation_failed',
    message: 'Not valid: "logo" takes no file of this type.',
    details: [{ path: 'logo' }],
  });
  await expect(create({ views: [png, pdf] })).rejects.toMatchObject({ code: 'validation_failed', details: [{ path: 'views' }] });
  expect(await create({ views: [], papers: null })).toMatchObject({ views: [], papers: null });
});

test('nor is one of somebody else, or one that is not there', async () => {
  const other = await addFile('image/png', (await addUser(server.deps.db)).userId);
  const hidden = await addFile('application/pdf', (await addUser(server.deps.db)).userId);
  for (const logo of [other, hidden]) await expect(create({ logo })).rejects.toMatchObject({ code: 'not_found' });
  await expect(create({ papers: [newId()] })).rejects.toMatchObject({ code: 'not_found' });
});
