/** Changing definitions: each request is a change set of its own, applied at once. */
import type { FastifyInstance } from 'fastify';
import type { Field } from '@piper/shared/data-model';
import type { FieldChanges, ModelAction, ModelDefinition, NewField } from '@piper/shared/data-models';
import * as contract from '@piper/shared/data-model-routes';
import type { Ctx } from '#platform/ctx';
import type { Deps } from '#platform/deps';
import { ifMatchOf } from '#platform/http/if-match';
import { serve, type Http } from '#platform/http/serve';
import { newId } from '#platform/ids';
import type { VisibleField } from '#platform/records/records';
import { bodyOf, fieldsOf, presentModel, presentRelation } from './models.present.ts';
import { asData, jsonType, sent } from './models.routes.ts';
import {
  editModel,
  editProject,
  fieldOf,
  indexOf,
  isOwnRelation,
  modelOf,
  type Edited,
  type EditOptions,
  type Opened,
} from './models.service.ts';
import { adviseOnRules } from './rules/advice.ts';

interface ChangeQuery {
  project?: string | undefined;
  acceptLoss?: boolean | undefined;
}

const optionsOf = ({ request }: Http, query: ChangeQuery): EditOptions => ({
  project: query.project,
  acceptLoss: query.acceptLoss,
  ifMatch: ifMatchOf(request),
});

/** Whoever deletes means it; all of it waits in the bin. */
const deleting = (http: Http, query: ChangeQuery): EditOptions => ({ ...optionsOf(http, query), acceptLoss: true });

/** Answers with what `show` makes of the new definitions; 202 with the change set while it is still at work. */
function answer<R>(
  { reply }: Http,
  edited: Edited,
  show: (opened: Opened, meta: { version: number; changeSet?: string }) => R,
): R {
  const { opened, changeSet } = edited;
  if (opened) return show(opened, { version: opened.version, ...(changeSet ? { changeSet: changeSet.id } : {}) });
  const { id, number, status, summary, run_id: runId } = changeSet;
  void reply
    .code(202)
    .type(jsonType)
    .send(JSON.stringify({ data: { id, number, status, summary, runId } }));
  return sent;
}

/** The definition after the change, and its tag, so that the next change can say what it knew. */
const answerModel = (http: Http, edited: Edited, { id, status = 200 }: { id: string; status?: number }): never =>
  answer(http, edited, (opened, meta) => {
    const { data, etag } = presentModel(opened, modelOf(opened, id));
    void http.reply.code(status).header('etag', etag).type(jsonType).send(bodyOf(data, meta));
    return sent;
  });

export function serveModelEdits(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.createDataModel, async (ctx, { body }, http) => {
    const { project, ...input } = body;
    const model = { ...input, id: (input.id ?? newId()).toLowerCase() };
    const edited = await editProject(ctx, project, [{ do: 'create-model', model }], optionsOf(http, {}));
    return answerModel(http, edited, { id: model.id, status: 201 });
  });
  for (const method of ['PATCH', 'PUT'] as const)
    serve(app, deps, { ...contract.updateDataModel, method }, async (ctx, { params, query, body }, http) => {
      const { fieldOrder, ...changes } = body;
      const actions = ({ id: model }: ModelDefinition): ModelAction[] => [
        ...(Object.keys(changes).length > 0 ? [{ do: 'update-model', model, changes } as const] : []),
        ...(fieldOrder ? [{ do: 'order-fields', model, fields: fieldOrder } as const] : []),
      ];
      const edited = await editModel(ctx, params.id, actions, optionsOf(http, query));
      return answerModel(http, edited, edited);
    });
  serve(app, deps, contract.deleteDataModel, async (ctx, { params, query }, http) => {
    const edited = await editModel(ctx, params.id, ({ id: model }) => [{ do: 'delete-model', model }], deleting(http, query));
    return answer(http, edited, (_opened, meta) => ({ data: { id: edited.id }, meta }));
  });
  serve(app, deps, contract.restoreDataModel, async (ctx, { params, query }, http) => {
    const edited = await editModel(ctx, params.id, ({ id: model }) => [{ do: 'restore-model', model }], optionsOf(http, query));
    return answerModel(http, edited, edited);
  });
}

interface FieldChange {
  params: { id: string; field: string };
  query: ChangeQuery;
}

/** Adds a field as asked, under an id by which the answer finds it. */
async function addField(
  ctx: Ctx,
  { params, query, body }: Pick<FieldChange, 'query'> & { params: { id: string }; body: NewField },
  http: Http,
): Promise<EditedField> {
  const field = { ...body, id: body.id ?? newId() };
  const actions = ({ id: model }: ModelDefinition): ModelAction[] => [{ do: 'create-field', model, field }];
  return { ...(await editModel(ctx, params.id, actions, optionsOf(http, query))), field: field.id };
}

/** Does something to one field, named by id or key, if it is such a one. Returns the field's id with what came of it. */
async function editField(
  ctx: Ctx,
  { params }: FieldChange,
  options: EditOptions,
  { of = () => true, action }: { of?: (field: Field) => boolean; action: (model: string, field: string) => ModelAction },
): Promise<EditedField> {
  let field = '';
  const actions = (model: ModelDefinition): ModelAction[] => {
    const deleted = (model.bin ?? []).map((binned) => binned.field);
    field = fieldOf([...model.fields, ...deleted.toReversed()].filter(of), params.field).id;
    return [action(model.id, field)];
  };
  const edited = await editModel(ctx, params.id, actions, options);
  return { ...edited, field };
}

type EditedField = Edited & { id: string; field: string };

const updating =
  (changes: FieldChanges) =>
  (model: string, field: string): ModelAction => ({ do: 'update-field', model, field, changes });
const removing = (model: string, field: string): ModelAction => ({ do: 'delete-field', model, field });

/** Answers with a field as it is now. */
const answerField = (http: Http, edited: EditedField) =>
  answer(http, edited, (opened, meta) => {
    const fields: readonly { id: string; key: string }[] = fieldsOf(opened, modelOf(opened, edited.id));
    return { data: { ...fieldOf(fields, edited.field) }, meta };
  });

/** Answers with a relation as it is now, with both its ends. */
const answerRelation = (http: Http, edited: EditedField) =>
  answer(http, edited, (opened, meta) => {
    const entry = modelOf(opened, edited.id);
    const field = fieldOf<Field | VisibleField>(fieldsOf(opened, entry), edited.field);
    return { data: field.relation ? presentRelation(opened, entry.model, field) : { ...field }, meta };
  });

const answerGone = (http: Http, edited: Edited, id: string) => answer(http, edited, (_opened, meta) => ({ data: { id }, meta }));

export function serveFieldEdits(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.createField, async (ctx, input, http) => answerField(http, await addField(ctx, input, http)));
  serve(app, deps, contract.orderFields, async (ctx, { params, query, body }, http) => {
    const actions = ({ id: model }: ModelDefinition): ModelAction[] => [{ do: 'order-fields', model, ...body }];
    const edited = await editModel(ctx, params.id, actions, optionsOf(http, query));
    return answer(http, edited, (opened, meta) => ({ data: asData(fieldsOf(opened, modelOf(opened, edited.id))), meta }));
  });
  for (const method of ['PATCH', 'PUT'] as const)
    serve(app, deps, { ...contract.updateField, method }, async (ctx, input, http) =>
      answerField(http, await editField(ctx, input, optionsOf(http, input.query), { action: updating(input.body) })),
    );
  serve(app, deps, contract.deleteField, async (ctx, input, http) => {
    const edited = await editField(ctx, input, deleting(http, input.query), { action: removing });
    return answerGone(http, edited, edited.field);
  });
  serve(app, deps, contract.restoreField, async (ctx, input, http) => {
    const action = (model: string, field: string): ModelAction => ({ do: 'restore-field', model, field });
    return answerField(http, await editField(ctx, input, optionsOf(http, input.query), { action }));
  });
}

/** Relations are fields, told with both their ends. */
export function serveRelationEdits(app: FastifyInstance, deps: Deps): void {
  const of = isOwnRelation;
  serve(app, deps, contract.createRelation, async (ctx, input, http) => answerRelation(http, await addField(ctx, input, http)));
  for (const method of ['PATCH', 'PUT'] as const)
    serve(app, deps, { ...contract.updateRelation, method }, async (ctx, input, http) =>
      answerRelation(http, await editField(ctx, input, optionsOf(http, input.query), { of, action: updating(input.body) })),
    );
  serve(app, deps, contract.deleteRelation, async (ctx, input, http) => {
    const edited = await editField(ctx, input, deleting(http, input.query), { of, action: removing });
    return answerGone(http, edited, edited.field);
  });
}

/** Answers with an index as it is now. */
const answerIndex = (http: Http, edited: Edited & { id: string }, index: string) =>
  answer(http, edited, (opened, meta) => ({ data: { ...indexOf(modelOf(opened, edited.id).model, index) }, meta }));

export function serveIndexEdits(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.createIndex, async (ctx, { params, query, body }, http) => {
    const index = { ...body, id: body.id ?? newId() };
    const actions = ({ id: model }: ModelDefinition): ModelAction[] => [{ do: 'create-index', model, index }];
    return answerIndex(http, await editModel(ctx, params.id, actions, optionsOf(http, query)), index.id);
  });
  for (const method of ['PATCH', 'PUT'] as const)
    serve(app, deps, { ...contract.updateIndex, method }, async (ctx, { params, query, body }, http) => {
      const actions = (model: ModelDefinition): ModelAction[] => [
        { do: 'delete-index', model: model.id, index: params.index },
        { do: 'create-index', model: model.id, index: { ...indexOf(model, params.index), ...body } },
      ];
      return answerIndex(http, await editModel(ctx, params.id, actions, optionsOf(http, query)), params.index);
    });
  serve(app, deps, contract.deleteIndex, async (ctx, { params, query }, http) => {
    const actions = ({ id: model }: ModelDefinition): ModelAction[] => [{ do: 'delete-index', model, index: params.index }];
    return answerGone(http, await editModel(ctx, params.id, actions, optionsOf(http, query)), params.index);
  });
}

export function serveRuleEdits(app: FastifyInstance, deps: Deps): void {
  serve(app, deps, contract.setRules, async (ctx, { params, query, body }, http) => {
    const actions = ({ id: model }: ModelDefinition): ModelAction[] => [{ do: 'set-rules', model, ...body }];
    const edited = await editModel(ctx, params.id, actions, optionsOf(http, query));
    const place = edited.opened?.ctx.project;
    const advice = place ? await adviseOnRules(ctx, { projectId: place.id, catalogue: place.catalogue }, edited.id) : [];
    return answer(http, edited, (opened, meta) => ({
      data: modelOf(opened, edited.id).model.rules,
      meta: { ...meta, advice },
    }));
  });
}
