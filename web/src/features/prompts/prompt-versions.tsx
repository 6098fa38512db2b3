/** The versions of a prompt: what each changed, and the way back to it. */
import type { PromptReply, PromptVersionReply } from '@piper/shared/prompts';
import { useMutation, useQuery } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { ItemList } from '../../ui/item-list.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Skeleton, SkeletonRows } from '../../ui/skeleton.tsx';
import { Time } from '../../ui/time.tsx';
import { showToast } from '../../ui/toast.tsx';
import { adoptPrompt, versionsQuery } from './prompt-queries.ts';

const PromptDiff = lazy(() => import('./prompt-diff.tsx'));

interface PromptVersionsProps {
  prompt: PromptReply;
  mayWrite: boolean;
  onRestored: (prompt: PromptReply) => void;
}

export function PromptVersions({ prompt, mayWrite, onRestored }: PromptVersionsProps) {
  const { data, error, isPending } = useQuery(versionsQuery(prompt.id));
  const [chosen, setChosen] = useState<number>();
  const shown = data?.find(({ number }) => number === chosen) ?? data?.[0];
  if (isPending)
    return (
      <div className="p-5">
        <SkeletonRows />
      </div>
    );
  if (error)
    return (
      <div className="p-5">
        <Notice tone="danger">{messageOf(error)}</Notice>
      </div>
    );
  return (
    <div className="flex min-h-0 flex-1 flex-col md:flex-row">
      <ItemList
        aria-label="Versions"
        className="max-h-56 shrink-0 overflow-y-auto border-b border-separator p-2 md:max-h-none md:w-64 md:border-r md:border-b-0"
      >
        {data.map((version) => (
          <li key={version.id}>
            <button
              type="button"
              data-item
              aria-current={version === shown ? 'true' : undefined}
              onClick={() => setChosen(version.number)}
              className={`flex w-full items-center gap-2 rounded-lg px-2.5 py-2 text-left text-sm ${version === shown ? 'bg-default' : 'hover:bg-default'}`}
            >
              <span className="font-medium">v{version.number}</span>
              <span className="min-w-0 flex-1 truncate text-xs text-muted">{version.note}</span>
              {version.labels.map((label) => (
                <Badge key={label} tone="accent">
                  {label}
                </Badge>
              ))}
              <Time at={version.createdAt} className="text-xs text-muted" />
            </button>
          </li>
        ))}
      </ItemList>
      {shown ? (
        <VersionDetail
          key={shown.id}
          prompt={prompt}
          version={shown}
          versions={data}
          mayWrite={mayWrite}
          onRestored={onRestored}
        />
      ) : null}
    </div>
  );
}

interface VersionDetailProps extends PromptVersionsProps {
  version: PromptVersionReply;
  versions: readonly PromptVersionReply[];
}

function VersionDetail({ prompt, version, versions, mayWrite, onRestored }: VersionDetailProps) {
  const [against, setAgainst] = useState(version.number - 1);
  const other = versions.find(({ number }) => number === against);
  const restore = useMutation({
    mutationFn: async () => {
      await api('restorePromptVersion', { params: { id: prompt.id, number: version.number } });
      return (await api('readPrompt', { params: { id: prompt.id } })).data;
    },
    onSuccess: async (restored) => {
      onRestored(restored);
      await adoptPrompt(restored);
      showToast(`Version ${version.number} is back as version ${restored.latestVersion}.`);
    },
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
  });
  const options = [
    { value: '0', label: 'Nothing' },
    ...versions
      .filter(({ number }) => number !== version.number)
      .map(({ number }) => ({ value: String(number), label: `Version ${number}` })),
  ];
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col overflow-y-auto">
      <div className="flex flex-wrap items-end gap-3 border-b border-separator px-4 py-2.5">
        <div className="w-44">
          <SelectField
            label="Compare with"
            options={options}
            value={String(other ? against : 0)}
            onChange={(event) => setAgainst(Number(event.target.value))}
          />
        </div>
        <span className="flex-1 text-[0.8125rem] text-muted">{settingsLine(version)}</span>
        {mayWrite && version.number !== prompt.latestVersion ? (
          <Button size="sm" isBusy={restore.isPending} onClick={() => restore.mutate()}>
            <RotateCcw size={14} aria-hidden /> Restore
          </Button>
        ) : null}
      </div>
      <Suspense fallback={<Skeleton className="m-4 h-40" />}>
        <PromptDiff
          key={`${other?.id}-${version.id}`}
          label={`Version ${version.number}`}
          before={other?.content}
          after={version.content}
        />
      </Suspense>
    </div>
  );
}

function settingsLine({ settings, variables }: PromptVersionReply): string {
  const parts = [
    settings.aiModel,
    settings.temperature === undefined ? undefined : `temperature ${settings.temperature}`,
    settings.maxTokens === undefined ? undefined : `at most ${settings.maxTokens} tokens`,
    variables.length > 0 ? `variables: ${variables.map(({ name }) => name).join(', ')}` : undefined,
  ];
  return parts.filter(Boolean).join(' · ');
}
