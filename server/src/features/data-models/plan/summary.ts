/** A line of the history for who gave none: what somebody did, in the words of the screen. */
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';

const maxLength = 200;

/** The actions in a line, with the labels that models and fields had or have. */
export function summaryOf(actions: readonly ModelAction[], before: Definitions, after: readonly ModelDefinition[]): string {
  const models = [...before.models, ...after];
  const lines = [...new Set(actions.map((action) => sentenceOf(action, models)))];
  return lines.join(' ').slice(0, maxLength);
}

/** `$field` and `$model` are replaced by what they are called. */
const forms: Record<Exclude<ModelAction['do'], 'create-model' | 'create-field'>, string> = {
  'update-model': 'Change $model.',
  'delete-model': 'Delete $model.',
  'restore-model': 'Restore $model.',
  'update-field': 'Change $field of $model.',
  'delete-field': 'Delete $field of $model.',
  'restore-field': 'Restore $field of $model.',
  'order-fields': 'Order the fields of $model.',
  'create-index': 'Add an index to $model.',
  'delete-index': 'Remove an index of $model.',
  'set-rules': 'Change the rules of $model.',
};

function sentenceOf(action: ModelAction, models: readonly ModelDefinition[]): string {
  if (action.do === 'create-model') return `Add "${action.model.label}".`;
  const model = models.find((one) => one.id === action.model) ?? models.find((one) => one.key === action.model);
  const modelLabel = `"${model?.label ?? action.model}"`;
  if (action.do === 'create-field')
    return `Add "${action.field.label ?? action.field.key ?? action.field.type}" to ${modelLabel}.`;
  const fieldLabel = 'field' in action ? `"${labelOf(models, model, action.field)}"` : '';
  return forms[action.do].replace('$field', () => fieldLabel).replace('$model', () => modelLabel);
}

function labelOf(models: readonly ModelDefinition[], model: ModelDefinition | undefined, name: string): string {
  const same = models.filter((one) => one.id === model?.id);
  const fields = same.flatMap((one) => [...one.fields, ...(one.bin ?? []).map((entry) => entry.field)]);
  return (fields.find((field) => field.id === name) ?? fields.find((field) => field.key === name))?.label ?? name;
}
