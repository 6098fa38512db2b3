/** What is being changed in a prompt's editor, compared with what is stored. */
import type { PromptReply, PromptSettings } from '@piper/shared/prompts';
import type { PromptVariable } from '@piper/shared/prompts-template';
import { completeVariables, variableNames, type VariableProblem } from '@piper/shared/prompts-template';
import type { Variable } from './variable-inputs.tsx';

export interface PromptDraft {
  title: string;
  content: string;
  variables: Variable[];
  settings: PromptSettings;
}

export const draftOf = ({ title, content, variables, settings }: PromptReply): PromptDraft => ({
  title,
  content,
  variables,
  settings,
});

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The fields of a PATCH: only what differs. */
export function changesOf(stored: PromptReply, draft: PromptDraft): Partial<PromptDraft> {
  const old = draftOf(stored);
  const changes: Partial<PromptDraft> = {};
  if (draft.title.trim() !== old.title) changes.title = draft.title.trim();
  if (draft.content !== old.content) changes.content = draft.content;
  const variables = usedVariables(draft);
  if (!same(variables, old.variables)) changes.variables = variables;
  if (!same(draft.settings, old.settings)) changes.settings = draft.settings;
  return changes;
}

/** The declared variables in the order in which they are used; those no longer used go, new ones come as text. */
export function usedVariables({ content, variables }: Pick<PromptDraft, 'content' | 'variables'>): Variable[] {
  return variableNames(content).map((name) => variables.find((variable) => variable.name === name) ?? { name, type: 'text' });
}

export function problemsOf(draft: PromptDraft): VariableProblem[] {
  const result = completeVariables(draft.content, usedVariables(draft) as PromptVariable[]);
  return result.ok ? [] : result.problems;
}
