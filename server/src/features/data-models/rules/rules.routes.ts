import type { FastifyInstance } from 'fastify';
import * as contract from '@piper/shared/project-rules';
import type { Ctx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { serve } from '#platform/http/serve';
import { adviseOnQuery } from './advice.ts';
import {
  createPermissionTest,
  deletePermissionTest,
  getPermissionTest,
  listPermissionTests,
  runTests,
  updatePermissionTest,
} from './permission-tests.service.ts';
import type { TestRow } from './permission-tests.repo.ts';
import { viewAs } from './view-as.ts';
import { askWhy } from './why.ts';

export function serveRules(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.viewAs, async (ctx, { params, body }) => {
    const { meta, roles, records, definition } = await viewAs(ctx, params.project, body);
    return { data: { roles: [...roles], records, definition: definition && { ...definition } }, meta };
  });
  serve(app, deps, contract.askWhy, async (ctx, { params, body }) => ({ data: await askWhy(ctx, params.project, body) }));
  serve(app, deps, contract.adviseOnQuery, async (ctx, { params, query, body }) => ({
    data: await adviseOnQuery(ctx, params.id, { ...query, ...body }),
  }));
  serveTests(app, deps);
}

function serveTests(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.listPermissionTests, async (ctx, { params }) => ({
    data: (await listPermissionTests(ctx, params.project)).map(toTest),
  }));
  serve(app, deps, contract.createPermissionTest, async (ctx, { params, body }) => ({
    data: toTest(await createPermissionTest(ctx, params.project, body)),
  }));
  serve(app, deps, contract.readPermissionTest, async (ctx, { params }) => ({
    data: toTest(await getPermissionTest(ctx, params.project, params.test)),
  }));
  const update = async (
    ctx: Ctx,
    { params, body }: { params: { project: string; test: string }; body: Partial<contract.PermissionTest> },
  ) => ({ data: toTest(await updatePermissionTest(ctx, params.project, params.test, body)) });
  serve(app, deps, contract.updatePermissionTest, update);
  serve(app, deps, contract.replacePermissionTest, update);
  serve(app, deps, contract.deletePermissionTest, async (ctx, { params }) => {
    await deletePermissionTest(ctx, params.project, params.test);
    return {};
  });
  serve(app, deps, contract.runAllPermissionTests, async (ctx, { params }) => {
    const data = await runTests(ctx, params.project);
    const counted = (outcome: contract.TestOutcome['outcome']): number => data.filter((each) => each.outcome === outcome).length;
    return { data, meta: { passed: counted('passed'), failed: counted('failed'), broken: counted('broken') } };
  });
}

function toTest({ id, definition, created_at, updated_at, version }: TestRow): contract.StoredPermissionTest {
  return { ...definition, id, createdAt: created_at.toISOString(), updatedAt: updated_at.toISOString(), version };
}
