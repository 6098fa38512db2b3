/** Tests of a data model's rules: they run before every change of the definitions, and here when asked. */
import type { StoredPermissionTest } from '@piper/shared/project-rules';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Pencil, Play, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Section } from '../../ui/page.tsx';
import { showToast } from '../../ui/toast.tsx';
import { QueryView } from '../shell/query-view.tsx';
import type { DesignedModel } from './models.ts';
import { PermissionTestForm } from './permission-test-form.tsx';

interface Of {
  project: string;
  model: DesignedModel;
}

const tones: Record<string, Tone> = { passed: 'success', failed: 'danger', broken: 'warning' };
const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ['permission-tests'] });
const tell = (error: Error): void => showToast(messageOf(error), { tone: 'danger' });

export function PermissionTests({ project, model }: Of) {
  const [editing, setEditing] = useState<StoredPermissionTest | 'new'>();
  const close = (): void => setEditing(undefined);
  const query = useQuery({
    queryKey: ['permission-tests', project],
    queryFn: async () => (await api('listPermissionTests', { params: { project } })).data,
  });
  const run = useMutation({
    mutationFn: async () => (await api('runAllPermissionTests', { params: { project } })).data,
    onError: tell,
  });
  const remove = useMutation({
    mutationFn: (test: string) => api('deletePermissionTest', { params: { project, test } }),
    onError: tell,
    onSettled: refresh,
  });
  return (
    <Section
      title="Permission tests"
      description="They run before every change of the definitions and block one that would break them."
      actions={
        <>
          <Button size="sm" isBusy={run.isPending} onClick={() => run.mutate()}>
            <Play size={14} aria-hidden /> Run
          </Button>
          <Button size="sm" onClick={() => setEditing('new')}>
            <Plus size={14} aria-hidden /> Test
          </Button>
        </>
      }
    >
      <QueryView query={query} rows={2}>
        {(tests) => (
          <ul className="card divide-y divide-separator empty:hidden" aria-label="Permission tests">
            {tests
              .filter((test) => test.model === model.key || test.model === model.id)
              .map((test) => {
                const { id, name, expect } = test;
                const outcome = run.data?.find((each) => each.test === id);
                return (
                  <li key={id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
                    <span className="min-w-0 flex-1 truncate">{name}</span>
                    <span className="text-xs text-muted">must be {expect}</span>
                    {outcome ? <Badge tone={tones[outcome.outcome] ?? 'neutral'}>{outcome.outcome}</Badge> : null}
                    <IconButton label={`Edit the test ${name}`} size="sm" onClick={() => setEditing(test)}>
                      <Pencil size={14} aria-hidden />
                    </IconButton>
                    <IconButton label={`Delete the test ${name}`} size="sm" onClick={() => remove.mutate(id)}>
                      <Trash2 size={14} aria-hidden />
                    </IconButton>
                    {outcome && outcome.outcome !== 'passed' ? (
                      <p className="w-full text-[0.8125rem]">{outcome.sentence}</p>
                    ) : null}
                  </li>
                );
              })}
          </ul>
        )}
      </QueryView>
      <Dialog
        title={editing === 'new' ? 'New permission test' : 'Permission test'}
        isOpen={editing !== undefined}
        onClose={close}
        size="lg"
      >
        {editing ? (
          <PermissionTestForm project={project} model={model} test={editing === 'new' ? undefined : editing} onClose={close} />
        ) : null}
      </Dialog>
    </Section>
  );
}
