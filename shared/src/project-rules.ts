/** Contracts around the rules of a project's data models: whose eyes, why not, tests of rules, advice on indexes. */
import Type, { type Static } from 'typebox';
import { dataOf, listOf, route, strict, timestamp, uuid } from './contract.ts';
import { limits } from './limits.ts';
import { projectParam } from './project-roles.ts';

const key = Type.String({ minLength: 1, maxLength: 100 });
const values = Type.Record(Type.String(), Type.Unknown());
const fieldNames = Type.Array(key, { maxItems: limits.fieldPaths });
const roles = Type.Array(key, { minItems: 1, maxItems: limits.rolesPerProject });

/** Exactly one of them. `roles`: somebody with these project roles who is nobody in particular, so `$CURRENT_USER` is no one. */
export const someone = {
  member: Type.Optional(Type.String({ format: 'uuid', description: "The member's user id." })),
  roles: Type.Optional(roles),
};
export interface Someone {
  member?: string;
  roles?: string[];
}

const tag = 'rules';
const action = Type.Enum(['read', 'create', 'update', 'delete']);

export const viewAs = route({
  method: 'POST',
  path: '/api/projects/:project/view-as',
  summary: 'What a member, or somebody with these roles, sees of a data model. For managers; it is noted in the log.',
  tag,
  params: projectParam,
  body: strict({
    ...someone,
    model: key,
    query: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'As of a list of records: filter, fields, sort, …' }),
    ),
  }),
  reply: Type.Object({
    data: Type.Object({
      roles: Type.Array(Type.String()),
      /** Null: they see nothing of the model at all. */
      definition: Type.Union([values, Type.Null()]),
      records: Type.Array(values),
    }),
    meta: values,
  }),
});

/** Whether one rule allows an action on one record. What was not asked, or could not be decided, is absent. */
export const ruleVerdict = Type.Object({
  rule: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  /** Of the model's rules, counted from 1. */
  index: Type.Integer(),
  roles: Type.Array(Type.String()),
  applies: Type.Boolean(),
  filterHolds: Type.Optional(Type.Boolean()),
  checkHolds: Type.Optional(Type.Boolean()),
  /** Asked fields the rule does not list. */
  missingFields: Type.Optional(Type.Array(Type.String())),
  sentence: Type.String(),
});
export type RuleVerdict = Static<typeof ruleVerdict>;

export const verdict = Type.Object({
  allowed: Type.Boolean(),
  sentence: Type.String(),
  rules: Type.Array(ruleVerdict),
});
export type Verdict = Static<typeof verdict>;

export const askWhy = route({
  method: 'POST',
  path: '/api/projects/:project/why',
  summary: 'Whether somebody may do something, and which rule says so. For managers.',
  tag,
  params: projectParam,
  body: strict({
    ...someone,
    me: Type.Optional(Type.Boolean()),
    model: key,
    action,
    id: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    values: Type.Optional(values),
    fields: Type.Optional(fieldNames),
  }),
  reply: dataOf(verdict),
});

/** A test of rules as data: somebody must be allowed, or refused, to do something to some records. */
export const permissionTest = strict({
  name: Type.String({ minLength: 1, maxLength: limits.title, pattern: '\\S' }),
  as: strict(someone),
  action,
  model: key,
  record: strict({
    id: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    filter: Type.Optional(values),
    values: Type.Optional(values),
  }),
  fields: Type.Optional(fieldNames),
  expect: Type.Enum(['allowed', 'refused']),
});
export type PermissionTest = Static<typeof permissionTest>;

const storedTest = Type.Intersect([
  Type.Object({ id: uuid, createdAt: timestamp, updatedAt: timestamp, version: Type.Integer() }),
  permissionTest,
]);
export type StoredPermissionTest = Static<typeof storedTest>;

const testParams = strict({ project: projectParam.properties.project, test: uuid });
const testsPath = '/api/projects/:project/permission-tests';
const testsTag = 'permission-tests';

export const listPermissionTests = route({
  method: 'GET',
  path: testsPath,
  summary: 'The permission tests of a project. For managers.',
  tag: testsTag,
  params: projectParam,
  reply: listOf(storedTest),
});

export const createPermissionTest = route({
  method: 'POST',
  path: testsPath,
  summary: 'Add a permission test. It runs before every change of the definitions and blocks those that break it.',
  tag: testsTag,
  status: 201,
  params: projectParam,
  body: permissionTest,
  reply: dataOf(storedTest),
});

export const readPermissionTest = route({
  method: 'GET',
  path: `${testsPath}/:test`,
  summary: 'Read a permission test. For managers.',
  tag: testsTag,
  params: testParams,
  reply: dataOf(storedTest),
});

export const updatePermissionTest = route({
  method: 'PATCH',
  path: `${testsPath}/:test`,
  summary: 'Change a permission test; what is not named stays.',
  tag: testsTag,
  params: testParams,
  body: Type.Partial(permissionTest, { additionalProperties: false }),
  reply: dataOf(storedTest),
});
export const replacePermissionTest = { ...updatePermissionTest, method: 'PUT' } as const;

export const deletePermissionTest = route({
  method: 'DELETE',
  path: `${testsPath}/:test`,
  summary: 'Delete a permission test.',
  tag: testsTag,
  status: 204,
  params: testParams,
});

/** How one test went. `broken`: it could not be tried, so it says nothing. */
export const testOutcome = Type.Object({
  test: uuid,
  name: Type.String(),
  outcome: Type.Enum(['passed', 'failed', 'broken']),
  sentence: Type.String(),
});
export type TestOutcome = Static<typeof testOutcome>;

export const runAllPermissionTests = route({
  method: 'POST',
  path: `${testsPath}/run`,
  summary: 'Try all permission tests of a project now. Nothing stays of what they write.',
  tag: testsTag,
  params: projectParam,
  reply: Type.Object({
    data: Type.Array(testOutcome),
    meta: Type.Object({ passed: Type.Integer(), failed: Type.Integer(), broken: Type.Integer() }),
  }),
});

/** An index that would spare a scan of a large table. */
export const advice = Type.Object({
  model: Type.String(),
  fields: Type.Array(Type.String()),
  sentence: Type.String(),
  /** Ready to be applied as a change set's action. */
  action: values,
});
export type Advice = Static<typeof advice>;

export const adviseOnQuery = route({
  method: 'POST',
  path: '/api/models/:id/advice',
  summary: 'Which indexes a list with this filter and sort lacks, by the plan the database would take.',
  tag,
  params: strict({ id: key }),
  query: strict({ project: Type.Optional(key) }),
  body: strict({ filter: Type.Optional(values), sort: Type.Optional(Type.Array(key, { maxItems: limits.sortFields })) }),
  reply: listOf(advice),
});
