/** OpenAPI 3.1 of a project's records, made from its definitions. */
import type { JsonSchema } from '@piper/shared/fields/index';
import { mayWrite } from '#platform/key-scope';
import { describeProject, listedBy, type DescribedModel } from '../documents/described.ts';
import { takeTurns } from '../documents/take-turns.ts';
import type { ProjectCtx } from '../items.place.ts';
import { memberName, readProperty, ref, writeProperty } from './field-schemas.ts';
import { filterSchema, operatorSchemas } from './filter-schemas.ts';
import { modelPaths } from './model-paths.ts';
import { failures, parameterOf, parameters, replyOf, reservedSchemas, responses, sharedSchemas } from './shared-schemas.ts';

/** The document for the context's class of actors, as JSON; written in parts, since that of many models takes its time. */
export async function openApiDocument(ctx: ProjectCtx, { title, version }: { title: string; version: number }): Promise<string> {
  const { models, projectId, comments } = await describeProject(ctx, reservedSchemas);
  const own = models.filter((described) => described.isOwn);
  const turn = takeTurns();
  const [paths, schemas]: [string[], string[]] = [[], []];
  for (const described of models) {
    if (described.isOwn) paths.push(membersOf(modelPaths(described, comments)));
    schemas.push(membersOf(schemasOf(described)));
    await turn();
  }
  if (mayWrite(ctx) && own.length > 0) paths.push(membersOf({ '/batch': batchPath(own) }));
  schemas.push(membersOf({ ...sharedSchemas, ...operatorSchemas() }));
  const head = membersOf({
    openapi: '3.1.0',
    info: { title, version: String(version), description: description(version) },
    servers: [{ url: `/api/projects/${projectId}` }],
    security: [{ bearer: [] }],
    tags: own.map(({ model }) => ({ name: model.key, description: model.description || model.labelPlural })),
  });
  const bearer = { type: 'http', scheme: 'bearer', description: 'An API key, or an access token.' };
  const components = membersOf({ securitySchemes: { bearer }, parameters, responses });
  return `{${head},"paths":{${paths.join(',')}},"components":{${components},"schemas":{${schemas.join(',')}}}}`;
}

/** The members of an object as JSON, without its braces; every object here has some. */
const membersOf = (part: object): string => JSON.stringify(part).slice(1, -1);

const description = (version: number): string =>
  `The records of this project, as far as you may see and change them. Made from version ${version} of its definitions. ` +
  'A choice that was taken from a select field stays in the records that had it until they are changed.';

function schemasOf(described: DescribedModel): Record<string, JsonSchema> {
  const { name, isOwn, actions } = described;
  const may = (verb: 'create' | 'update'): boolean => isOwn && actions.has(verb);
  return {
    [name]: recordSchema(described),
    [`${name}Filter`]: filterSchema(described),
    ...(may('create') ? { [`${name}Create`]: bodySchema(described, 'create'), ...memberSchemas(described) } : {}),
    ...(may('update') ? { [`${name}Update`]: bodySchema(described, 'update') } : {}),
  };
}

/** No property is required: which ones come is the request's choice. */
function recordSchema({ model, fields }: DescribedModel): JsonSchema {
  const readable = fields.filter((field) => field.readable);
  const related = readable.flatMap(({ field, targets }) =>
    field.relation?.kind === 'many-to-one' && field.relation.as !== field.key && targets[0]
      ? [[field.relation.as, { anyOf: [ref(targets[0].name), { type: 'null' }] }] as const]
      : [],
  );
  return {
    type: 'object',
    title: model.label,
    ...(model.description === '' ? {} : { description: model.description }),
    properties: {
      ...Object.fromEntries(readable.map((field) => [field.field.key, readProperty(field)])),
      ...Object.fromEntries(related),
      allowedActions: {
        type: 'array',
        items: { type: 'string' },
        description: 'What the reader may do with the record; when asked for.',
      },
    },
  };
}

function bodySchema({ fields }: DescribedModel, verb: 'create' | 'update'): JsonSchema {
  const own = fields.filter((field) => (verb === 'create' ? field.creatable : field.updatable));
  const required = verb === 'create' ? own.filter((field) => field.required).map(({ field }) => field.key) : [];
  return {
    type: 'object',
    // An `id` beside them names the record where it stands in another's body.
    properties: Object.fromEntries(own.map((field) => [field.field.key, writeProperty(field)])),
    ...(required.length > 0 ? { required } : {}),
  };
}

/** Bodies of the model's records within lists. */
function memberSchemas(described: DescribedModel): Record<string, JsonSchema> {
  const whole = `#/components/schemas/${described.name}Create/properties`;
  const own = described.fields.filter((field) => field.creatable);
  const bys = own.filter((by) => by.required && by.targets.some(({ fields }) => fields.some((list) => listedBy(list) === by)));
  const schemas = bys.map((by): [string, JsonSchema] => {
    const others = own.filter((field) => field !== by).map(({ field, required }) => ({ key: field.key, required }));
    const properties = Object.fromEntries(others.map(({ key }) => [key, { $ref: `${whole}/${key}` }]));
    const required = others.filter((field) => field.required).map(({ key }) => key);
    return [memberName(described, by), { type: 'object', properties, ...(required.length > 0 ? { required } : {}) }];
  });
  return Object.fromEntries(schemas);
}

function batchPath(models: readonly DescribedModel[]): JsonSchema {
  const results = { type: 'array', items: { anyOf: [...models.map(({ name }) => ref(name)), { type: 'null' }] } };
  return {
    post: {
      operationId: 'batch',
      summary: 'Write records of several data models in one transaction: all or none',
      tags: ['batch'],
      parameters: [parameterOf('idempotency-key')],
      requestBody: { required: true, content: { 'application/json': { schema: ref('batch') } } },
      responses: { 200: replyOf(results), ...failures },
    },
  };
}
