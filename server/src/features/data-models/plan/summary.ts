/** A line of the history for who gave none: what somebody did, in the words of the screen. */
import type { Definitions, ModelAction, ModelDefinition } from '@piper/shared/data-models';

const maxLength = 200;

/** The actions in a line, with the labels that models and fields had or have. */
export function summaryOf(actions: readonly ModelAction[], before: Definitions, after: readonly ModelDefinition[]): string {
  const models = [...before.models, ...after];
  const lines = [...new Set(actions.map((action) => sentenceOf(action, models)))];
  return lines.join(' ').slice(0, maxLength);
}

function sentenceOf(action: ModelAction, models: readonly ModelDefinition[]): string {
  if (action.do === 'create-model') return `Add "${action.model.label}".`;
  const model = models.find((one) => one.id === action.model) ?? models.find((one) => one.key === action.model);
  const of = `"${model?.label ?? action.model}"`;
  const field = (name: string): string => `"${labelOf(models, model, name)}"`;
  switch (action.do) {
    case 'update-model':
      return `Change ${of}.`;
    case 'delete-model':
      return `Delete ${of}.`;
    case 'restore-model':
      return `Restore ${of}.`;
    case 'create-field':
      return `Add "${action.field.label ?? action.field.key ?? action.field.type}" to ${of}.`;
    case 'update-field':
      return `Change ${field(action.field)} of ${of}.`;
    case 'delete-field':
      return `Delete ${field(action.field)} of ${of}.`;
    case 'restore-field':
      return `Restore ${field(action.field)} of ${of}.`;
    case 'order-fields':
      return `Order the fields of ${of}.`;
    case 'create-index':
      return `Add an index to ${of}.`;
    case 'delete-index':
      return `Remove an index of ${of}.`;
    case 'set-rules':
      return `Change the rules of ${of}.`;
  }
}

function labelOf(models: readonly ModelDefinition[], model: ModelDefinition | undefined, name: string): string {
  const same = models.filter((one) => one.id === model?.id);
  const fields = same.flatMap((one) => [...one.fields, ...(one.bin ?? []).map((entry) => entry.field)]);
  return (fields.find((field) => field.id === name) ?? fields.find((field) => field.key === name))?.label ?? name;
}
