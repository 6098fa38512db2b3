/** Permission tests name models and fields by key, as clients do; when a key changes, they follow. */
import type { Rule } from '@piper/shared/data-model';
import type { ModelDefinition } from '@piper/shared/data-models';
import type { Filter } from '@piper/shared/filter/filter';
import type { ModelSource } from '@piper/shared/filter/parse';
import type { PermissionTest } from '@piper/shared/project-rules';
import { findSystemModel } from '@piper/shared/system-models/index';
import type { Tx } from '#platform/db/db';
import { loadDefinitions } from '../definitions.repo.ts';
import { mapReferences } from '../edit/references.ts';
import { listTests, updateTest } from './permission-tests.repo.ts';

const isLive = (model: ModelDefinition): boolean => model.deletedAt === undefined;

/** The test in the words of `after`. What is gone there keeps its name. */
export function followRenames(
  test: PermissionTest,
  before: readonly ModelDefinition[],
  after: readonly ModelDefinition[],
): PermissionTest {
  const old = before.filter(isLive);
  const model = old.find(({ id, key }) => id === test.model || key === test.model);
  if (!model) return test;
  const now = new Map(after.map((each) => [each.id, each]));
  const models: ModelSource = {
    find: (reference) => old.find(({ id, key }) => id === reference || key === reference) ?? findSystemModel(reference),
  };
  // What a test speaks of is what a rule speaks of: a filter, fields and values.
  const { filter, values } = test.record;
  const rule: Rule = { action: test.action, filter: (filter ?? {}) as Filter, fields: test.fields ?? [], presets: values ?? {} };
  const asModel = { ...model, rules: [rule] };
  const mapped = mapReferences(asModel, models, {
    field: (word, { model: of, field }) => now.get(of.id)?.fields.find(({ id }) => id === field.id)?.key ?? word,
  }).rules[0]!;
  return {
    ...test,
    model: now.get(model.id)?.key ?? test.model,
    record: {
      ...test.record,
      ...(filter ? { filter: mapped.filter as Record<string, unknown> } : {}),
      ...(values ? { values: mapped.presets ?? {} } : {}),
    },
    ...(test.fields && mapped.fields !== '*' ? { fields: mapped.fields } : {}),
  };
}

/** Stores what the project's tests are called after these models changed; before their definitions are saved. */
export async function followInTests(tx: Tx, projectId: string, changed: readonly ModelDefinition[]): Promise<void> {
  const tests = await listTests(tx, projectId);
  if (tests.length === 0) return;
  const { models: before } = await loadDefinitions(tx, projectId);
  const next = new Map(changed.map((model) => [model.id, model]));
  const after = before.map((model) => next.get(model.id) ?? model);
  for (const { id, definition } of tests) {
    const followed = followRenames(definition, before, after);
    if (JSON.stringify(followed) !== JSON.stringify(definition)) await updateTest(tx, id, followed);
  }
}
