/** Which prompt and which AI model answer, and the values of the prompt's variables. */
import type { AiModelReply, listAiModels } from '@piper/shared/ai-providers';
import type { Reply } from '@piper/shared/contract';
import type { PromptReply } from '@piper/shared/prompts';
import { useQuery } from '@tanstack/react-query';
import { Bot, ScrollText } from 'lucide-react';
import { useState } from 'react';
import { promptsQuery, type Project } from '../../platform/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Picker, type PickerItem } from '../../ui/picker.tsx';
import { promptQuery } from '../prompts/prompt-queries.ts';
import { VariableInputs } from '../prompts/variable-inputs.tsx';
import { aiModelsQuery, describeAiModel, providerLabel } from './ai-models.ts';
import type { Choice } from './send.ts';

interface ChoiceProps {
  project: Project;
  choice: Choice;
  onChoice: (choice: Choice) => void;
}

/** The prompt that answers: the chosen one, else the project's active one. */
function useAnsweringPrompt(project: Project, choice: Choice) {
  const prompts = useQuery(promptsQuery(project.id)).data;
  const id = choice.promptId ?? prompts?.find((prompt) => prompt.active)?.id;
  return useQuery({ ...promptQuery(id ?? ''), enabled: id !== undefined }).data;
}

export function PromptChoice({ project, choice, onChoice }: ChoiceProps) {
  const [isOpen, setOpen] = useState(false);
  const { data } = useQuery(promptsQuery(project.id));
  if (!data || data.length === 0) return null;
  const chosen = data.find(({ id }) => id === choice.promptId) ?? data.find((prompt) => prompt.active);
  const items = data.map((prompt): PickerItem => ({
    id: prompt.id,
    label: prompt.title,
    icon: ScrollText,
    isSelected: prompt.id === chosen?.id,
    hint: prompt.active ? 'active' : `v${prompt.latestVersion}`,
    run: () => onChoice({ ...choice, promptId: prompt.active ? undefined : prompt.id, variables: {} }),
  }));
  return (
    <>
      <Button
        size="sm"
        variant="ghost"
        className="max-w-40 min-w-0 shrink text-muted"
        aria-label={`Prompt: ${chosen?.title ?? 'none'}`}
        onClick={() => setOpen(true)}
      >
        <ScrollText size={14} className="shrink-0" aria-hidden /> <span className="truncate">{chosen?.title ?? 'No prompt'}</span>
      </Button>
      <Picker label="Choose a prompt" isOpen={isOpen} onClose={() => setOpen(false)} items={items} />
    </>
  );
}

/** The default first, then every AI model by its provider. */
function modelItems(
  models: Reply<typeof listAiModels> | undefined,
  fallback: string | undefined,
  { choice, onChoice }: Omit<ChoiceProps, 'project'>,
): PickerItem[] {
  const byDefault: PickerItem = {
    id: 'default',
    label: 'As the prompt says',
    hint: fallback && describeAiModel(models, fallback),
    icon: Bot,
    group: 'Default',
    isSelected: choice.aiModel === undefined,
    run: () => onChoice({ ...choice, aiModel: undefined }),
  };
  const itemOf = ({ id, name, provider }: AiModelReply): PickerItem => ({
    id,
    label: name,
    keywords: id,
    hint: id.endsWith(`/${name}`) ? undefined : id.slice(provider.length + 1),
    group: providerLabel(models, provider),
    icon: Bot,
    isSelected: id === choice.aiModel,
    run: () => onChoice({ ...choice, aiModel: id }),
  });
  return [byDefault, ...(models?.data ?? []).map(itemOf)];
}

export function ModelChoice({ project, choice, onChoice }: ChoiceProps) {
  const [isOpen, setOpen] = useState(false);
  const { data, isPending } = useQuery(aiModelsQuery);
  const prompt = useAnsweringPrompt(project, choice);
  const fallback = prompt?.settings.aiModel ?? data?.meta.default;
  const shown = choice.aiModel ?? fallback;
  const name = shown ? describeAiModel(data, shown) : 'AI model';
  return (
    <>
      <Button
        size="sm"
        variant="ghost"
        className="max-w-56 min-w-0 shrink text-muted"
        aria-label={`AI model: ${name}`}
        onClick={() => setOpen(true)}
      >
        <Bot size={14} className="shrink-0" aria-hidden /> <span className="truncate">{name}</span>
      </Button>
      <Picker
        label="Choose an AI model"
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        items={modelItems(data, fallback, { choice, onChoice })}
        empty={isPending ? 'Loading…' : 'Nothing matches.'}
      />
    </>
  );
}

/** `round` counts what was sent: each sending folds the values away again, unless one is missing. */
export function VariableFields({ project, choice, onChoice, round }: ChoiceProps & { round: number }) {
  const prompt = useAnsweringPrompt(project, choice);
  if (!prompt || prompt.variables.length === 0) return null;
  return <VariablePanel key={`${prompt.id}:${round}`} prompt={prompt} choice={choice} onChoice={onChoice} />;
}

/** Open at first when something is missing; after that it is the reader's to open and close. */
function VariablePanel({ prompt, choice, onChoice }: Omit<ChoiceProps, 'project'> & { prompt: PromptReply }) {
  const isMissing = prompt.variables.some(
    ({ name, default: fallback }) => fallback === undefined && choice.variables[name] === undefined,
  );
  const [isOpen, setOpen] = useState(isMissing);
  return (
    <details
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="border-b border-separator px-4 py-2.5"
    >
      <summary className="text-[0.8125rem] font-medium">Values of “{prompt.title}”</summary>
      <div className="grid gap-3 pt-2 sm:grid-cols-2">
        <VariableInputs
          variables={prompt.variables}
          values={choice.variables}
          onChange={(variables) => onChoice({ ...choice, variables })}
        />
      </div>
    </details>
  );
}
