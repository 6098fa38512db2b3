import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, test } from 'vitest';
import { addMember, registerUser, type TestUser } from '../../../../../test/accounts.ts';
import { createEveryTypeProject } from '../../../../../test/every-type.ts';
import { useTestServer } from '../../../../../test/harness.ts';
import { addModels, model, text, toOne, type RecordsProject } from '../../../../../test/records.ts';

const server = useTestServer();

interface Document {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; parameters: Record<string, unknown>; responses: Record<string, unknown> };
}
interface Schema {
  properties?: Record<string, Record<string, unknown>>;
  required?: string[];
}
interface Operation {
  operationId: string;
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

let place: RecordsProject;
let viewer: TestUser;
const address = (): string => `/api/projects/${place.project.id}/openapi.json`;
const documentFor = async (user: TestUser): Promise<Document> => (await user.browser.get(address())).json<Document>();

beforeAll(async () => {
  place = await createEveryTypeProject(server);
  viewer = await registerUser(server);
  await addMember(place.owner, place.project, viewer, 'viewer');
}, 60_000);

/** Every `$ref` in the document. */
function refsIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [String(value)] : refsIn(value)));
}

const follow = (document: Document, ref: string): unknown =>
  ref
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((node, word) => (node as Record<string, unknown> | undefined)?.[word], document);

describe('the document', () => {
  test('is valid OpenAPI 3.1, for whoever asks', async () => {
    for (const user of [place.owner, viewer]) {
      const document = await documentFor(user);
      const { valid, errors } = await new Validator().validate(structuredClone({ ...document }));
      expect(errors ?? []).toEqual([]);
      expect(valid).toBe(true);
      expect(document.openapi).toBe('3.1.0');
      expect(document.info.title).toBe(place.project.name);
    }
  });

  test('has no reference that leads nowhere, and no operation twice', async () => {
    const document = await documentFor(place.owner);
    const refs = [...new Set(refsIn(document))];
    expect(refs.length).toBeGreaterThan(50);
    expect(refs.filter((ref) => follow(document, ref) === undefined)).toEqual([]);
    const ids = Object.values(document.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('tells fields as they are: types, choices, help, what is required', async () => {
    const { schemas } = (await documentFor(place.owner)).components;
    const { properties = {} } = schemas['Thing']!;
    expect(properties['a_select']).toMatchObject({ type: 'string', enum: ['open', 'it\'s */ "done"\n'] });
    expect(properties['a_integer']).toMatchObject({ type: ['integer', 'null'] });
    expect(properties['title']).toMatchObject({ type: 'string', description: expect.stringContaining('Ends */ here') as string });
    expect(properties['a_date']).toMatchObject({ type: ['string', 'null'], format: 'date' });
    expect(properties['author']).toMatchObject({
      anyOf: [{ type: 'string' }, { $ref: '#/components/schemas/Author' }, { type: 'null' }],
    });
    expect(schemas['ThingCreate']!.required).toEqual(['title']);
    expect(schemas['ThingUpdate']!.required).toBeUndefined();
    expect(Object.keys(schemas['ThingCreate']!.properties!)).not.toContain('twice');
    expect(Object.keys(schemas['ThingCreate']!.properties!)).not.toContain('a_auto_number');
    expect(schemas['ThingFilter']!.properties).toMatchObject({
      title: { $ref: '#/components/schemas/filter.text' },
      'about:tags': { $ref: '#/components/schemas/TagsFilter' },
      'count(tags)': { $ref: '#/components/schemas/filter.integer' },
    });
    const { _intersects } = schemas['filter.multi-select']!.properties!;
    expect(_intersects).toMatchObject({ anyOf: [{ type: 'array' }, { pattern: '^\\$CURRENT_(ROLES$|USER\\.)' }] });
    expect(schemas['filter.boolean']!.properties).not.toHaveProperty('_gt');
  });

  test('gives what is looked up the type of what it shows', async () => {
    const { properties = {} } = (await documentFor(place.owner)).components.schemas['Thing']!;
    expect(properties['author_kind']).toMatchObject({ anyOf: [{ type: 'string', enum: ['person', 'firm'] }, { type: 'null' }] });
    expect(properties['tag_words']).toMatchObject({ type: 'array', items: { type: 'string' } });
  });

  test('asks members of a list for all but the record they are listed under', async () => {
    const document = await documentFor(place.owner);
    const ajv = new Ajv2020.default({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema(document, 'api');
    const takes = (name: string, body: unknown) => ajv.getSchema(`api#/components/schemas/${name}`)!(body);
    expect(takes('ThingCreate', { title: 'x', parts: [{ name: 'y' }] })).toBe(true);
    expect(takes('ThingCreate', { title: 'x', parts: [{}] })).toBe(false);
    expect(takes('PartCreate', { name: 'y' })).toBe(false);
  });

  test('gives models of equal or no names names of their own', async () => {
    const { schemas } = (await documentFor(place.owner)).components;
    // A tag's body would be called like a "Tag create", which comes first.
    const names = ['Record', 'RecordsAgain', 'Emoji', 'Class', 'Client', 'TagCreate', 'Tags'];
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(names));
  });

  test('is kept to by what is answered', async () => {
    const document = await documentFor(place.owner);
    const ajv = new Ajv2020.default({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(document, 'api');
    const check = (path: string, method: string, status: string, body: unknown): void => {
      const words = ['paths', path, method, 'responses', status, 'content', 'application/json', 'schema'];
      const pointer = words.map((word) => encodeURIComponent(word.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
      const validate = ajv.getSchema(`api#/${pointer}`)!;
      void validate(body);
      expect([path, method, validate.errors ?? []]).toEqual([path, method, []]);
    };
    const { browser } = place.owner;
    const made = await browser.post(place.at('things'), {
      title: 'a',
      a_integer: 3,
      author: { name: 'Ada', kind: 'firm' },
      tags: [{ word: 'x' }],
      parts: [{ name: 'within' }],
    });
    check('/items/things', 'post', '200', made.json());
    const { id } = made.json<{ data: { id: string } }>().data;
    const whole = await browser.get(place.at('things', '?fields=*,author.*,tags.*,children.*,allowedActions&meta=*'));
    check('/items/things', 'get', '200', whole.json());
    check('/items/things/{id}', 'get', '200', (await browser.get(place.at('things', `/${id}`))).json());
    check('/items/things/{id}/revisions', 'get', '200', (await browser.get(place.at('things', `/${id}/revisions`))).json());
    const read = await browser.get(place.at('things', `/${id}?fields=author_kind,tag_words,parts.name`));
    expect(read.json()).toEqual({ data: { author_kind: 'firm', tag_words: ['x'], parts: [{ name: 'within' }] } });
    check('/items/things/{id}', 'get', '200', read.json());
    const [link] = (await browser.get(place.at('thing_tags'))).json<{ data: { id: string }[] }>().data;
    check('/items/thing_tags/{id}', 'get', '200', (await browser.get(place.at('thing_tags', `/${link!.id}`))).json());
    const comment = await browser.post(place.at('things', `/${id}/comments`), { text: 'x' });
    check('/items/things/{id}/comments', 'post', '201', comment.json());
  });
});

describe('who asks', () => {
  test('finds only what they may do', async () => {
    const owner = await documentFor(place.owner);
    const seen = await documentFor(viewer);
    expect(Object.keys(owner.paths['/items/things']!).toSorted()).toEqual(['delete', 'get', 'patch', 'post', 'put']);
    expect(Object.keys(seen.paths['/items/things']!)).toEqual(['get']);
    expect(seen.paths).not.toHaveProperty('/items/things/{id}/restore');
    expect(seen.components.schemas).not.toHaveProperty('ThingCreate');
    expect(Object.keys(seen.paths['/items/things/{id}/comments']!)).toEqual(['get']);
  });

  test('finds neither hidden models nor hidden fields, nor their names', async () => {
    const rules = [
      { action: 'read', roles: ['owner'], filter: {}, fields: '*' },
      { action: 'read', roles: ['viewer'], filter: {}, fields: ['name'] },
      { action: 'create', roles: ['owner'], filter: {}, fields: '*' },
    ];
    const choices = [{ value: 'hiddenWordOfAll' }];
    const hiddenChoice = { type: 'select', key: 'hiddenChoice', options: { choices } };
    await addModels(server, place.project.id, [
      model('half', [text('name'), text('hiddenWord', { unique: true }), hiddenChoice], { label: 'Half' }),
      model('near', [
        toOne('half', 'half'),
        { type: 'lookup', key: 'seen', options: { relation: 'half', field: 'hiddenChoice' } },
      ]),
      model('whole_secret', [text('name')], { label: 'Whole secret' }),
    ]);
    const set = (key: string, list: unknown) =>
      place.owner.browser.send({
        method: 'PUT',
        url: `/api/models/${key}/rules?project=${place.project.id}`,
        payload: { rules: list },
      });
    expect((await set('half', rules)).statusCode).toBe(200);
    expect(
      (
        await set(
          'whole_secret',
          rules.filter(({ roles }) => roles[0] === 'owner'),
        )
      ).statusCode,
    ).toBe(200);
    const body = (await viewer.browser.get(address())).body;
    expect(body).not.toMatch(/hiddenWord|hiddenChoice|whole_secret|Whole secret/);
    const { schemas } = (await documentFor(viewer)).components;
    expect(Object.keys(schemas['Half']!.properties!).toSorted()).toEqual(['allowedActions', 'id', 'name']);
    const whole = await documentFor(place.owner);
    expect(whole.components.schemas['Half']!.properties).toHaveProperty('hiddenWord');
    expect(whole.components.schemas['Near']!.properties!['seen']).toMatchObject({
      anyOf: [{ enum: ['hiddenWordOfAll'] }, { type: 'null' }],
    });
    expect(whole.paths).toHaveProperty('/items/whole_secret');
  });

  test('must belong to the project', async () => {
    const stranger = await registerUser(server);
    for (const rest of ['openapi.json', 'client.ts', 'docs']) {
      expect((await stranger.browser.get(`/api/projects/${place.project.slug}/${rest}`)).statusCode).toBe(404);
      expect((await server.app.inject(`/api/projects/${place.project.slug}/${rest}`)).statusCode).toBe(401);
    }
  });
});

test('is sent once to who has it, and anew after a change of definitions', async () => {
  const first = await viewer.browser.get(address());
  const etag = String(first.headers['etag']);
  const again = await viewer.browser.send({ method: 'GET', url: address(), headers: { 'if-none-match': etag } });
  expect([again.statusCode, again.body]).toEqual([304, '']);
  await addModels(server, place.project.id, [model('newcomers', [text('name')], { label: 'Newcomer' })]);
  const after = await viewer.browser.send({ method: 'GET', url: address(), headers: { 'if-none-match': etag } });
  expect(after.statusCode).toBe(200);
  expect(after.json<Document>().paths).toHaveProperty('/items/newcomers');
});

test('is also a page that loads nothing from outside', async () => {
  const page = await viewer.browser.get(`/api/projects/${place.project.slug}/docs`);
  expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  const parts = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part]) => part!);
  expect(parts).toHaveLength(4);
  for (const part of parts) {
    expect(part.startsWith('/api/docs/')).toBe(true);
    expect([part, (await server.app.inject(part)).statusCode]).toEqual([part, 200]);
  }
});
