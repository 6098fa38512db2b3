/** Removes for good what lies in a project's bin, or in that of the fields added to Piper's own models: the one change without undo. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { dataModelQuery, dataModelsQuery } from '../../platform/records.ts';
import { queryClient } from '../../platform/cache.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { showToast } from '../../ui/toast.tsx';
import { projectQuery } from '../projects/project.ts';
import { QueryView } from '../shell/query-view.tsx';
import { deletedModelsQuery, inBin, isReplaced, refreshDefinitions, type DesignedModel } from './models.ts';
import { typeLabel } from './type-label.ts';

/** Without a project: of Piper's own models. */
export function EmptyBin({ project }: { project: string | undefined }) {
  const [isOpen, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  return (
    <>
      <Button size="sm" variant="danger-soft" onClick={() => setOpen(true)}>
        <Trash2 size={14} aria-hidden /> Empty the bin
      </Button>
      <Dialog title="Empty the bin" isOpen={isOpen} onClose={close}>
        <EmptyForm project={project} onClose={close} />
      </Dialog>
    </>
  );
}

/** What would be gone, one line each. */
async function contentsOf(project: string | undefined): Promise<string[]> {
  if (project === undefined) return (await ownModels()).flatMap(fieldsIn);
  const [deleted, { data }] = await Promise.all([
    queryClient.fetchQuery(deletedModelsQuery(project)),
    api('listDataModels', { query: { project, fields: '*' } }),
  ]);
  const models = deleted.map(({ labelPlural }) => `${labelPlural}: the data model with all its records`);
  return [...models, ...(data as unknown as DesignedModel[]).flatMap(fieldsIn)];
}

async function ownModels(): Promise<DesignedModel[]> {
  const all = await queryClient.ensureQueryData(dataModelsQuery);
  const extendable = all.filter(({ verbs }) => verbs.includes('update'));
  const models = await Promise.all(extendable.map(({ key }) => queryClient.fetchQuery(dataModelQuery(key))));
  return models as unknown as DesignedModel[];
}

const fieldsIn = (model: DesignedModel): string[] =>
  inBin(model).map((entry) => {
    const what = isReplaced(entry) ? `the former values of “${entry.field.label}”` : `the field “${entry.field.label}”`;
    return `${model.labelPlural}: ${what} (${typeLabel(entry.field)})`;
  });

function EmptyForm({ project, onClose }: { project: string | undefined; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const { data: place } = useQuery({ ...projectQuery(project ?? ''), enabled: project !== undefined });
  // Names may hold what no keyboard types.
  const name = project === undefined ? 'piper' : place?.slug;
  const contents = useQuery({ queryKey: ['data-models', project ?? '', 'bin'], queryFn: () => contentsOf(project), gcTime: 0 });
  const empty = useMutation({
    mutationFn: async () => (await (project ? api('emptyBin', { params: { project } }) : api('emptyInstanceBin'))).data,
    onSuccess: ({ status }) => {
      onClose();
      showToast(status === 'applying' ? 'The bin is being emptied.' : 'The bin is empty.');
    },
    onSettled: refreshDefinitions,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    empty.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 text-sm">
      <p>
        {project ? 'The bin of all data models of this project.' : 'The bin of all own fields.'} What is in it goes for good, and
        this can’t be taken back:
      </p>
      <QueryView query={contents} rows={2}>
        {(lines) =>
          lines.length === 0 ? (
            <p className="text-muted">Nothing is in it.</p>
          ) : (
            <ul className="max-h-60 list-disc overflow-y-auto pl-5">
              {lines.map((line, i) => (
                <li key={i}>{line}</li>
              ))}
            </ul>
          )
        }
      </QueryView>
      <TextField
        label={`Type ${name ?? '…'} to confirm`}
        required
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {empty.error ? <Notice tone="danger">{messageOf(empty.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="danger"
          isBusy={empty.isPending}
          disabled={typed.trim() !== name || !contents.data?.length}
        >
          Empty the bin
        </Button>
      </div>
    </form>
  );
}
