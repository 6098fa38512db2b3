/** Edits of a project's definitions: one pure function per action. */
import type { ModelAction } from '@piper/shared/data-models';
import { createField } from './create-field.ts';
import { createModel } from './create-model.ts';
import type { Draft } from './draft.ts';

type Edit<D extends ModelAction['do']> = (draft: Draft, action: Extract<ModelAction, { do: D }>) => void;

const edits: { [D in ModelAction['do']]?: Edit<D> } = {
  'create-model': createModel,
  'create-field': createField,
};

/** Changes the draft by the action. Throws what the person who asked can mend. */
export function applyAction(draft: Draft, action: ModelAction): void {
  const edit = edits[action.do] as Edit<ModelAction['do']> | undefined;
  if (!edit) throw new Error(`no edit for ${action.do}`);
  edit(draft, action as never);
}
