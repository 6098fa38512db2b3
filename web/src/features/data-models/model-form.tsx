/** How a data model is called and shown. */
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { fieldErrors, messageOf } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextArea, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { useProject } from '../projects/project.ts';
import { useApply } from './change-dialog.tsx';
import { ownFields, type DesignedModel } from './models.ts';

const words = ['label', 'labelPlural', 'key', 'description', 'titleField'] as const;

/** "name, -createdAt" as the list it stands for. */
const listed = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

export function ModelForm({ model, onClose }: { model: DesignedModel; onClose: () => void }) {
  const apply = useApply();
  const navigate = useNavigate();
  const project = useProject();
  const [values, setValues] = useState(() => ({
    label: model.label,
    labelPlural: model.labelPlural,
    key: model.key,
    description: model.description,
    titleField: model.titleField,
    search: model.search.join(', '),
    defaultSort: model.defaultSort.join(', '),
  }));
  const changes = {
    ...Object.fromEntries(words.filter((word) => values[word] !== model[word]).map((word) => [word, values[word].trim()])),
    ...(values.search === model.search.join(', ') ? {} : { search: listed(values.search) }),
    ...(values.defaultSort === model.defaultSort.join(', ') ? {} : { defaultSort: listed(values.defaultSort) }),
  };
  const save = useMutation({
    mutationFn: () => apply([{ do: 'update-model', model: model.id, changes }], { done: 'Saved.' }),
    onSuccess: async (made) => {
      if (!made) return;
      onClose();
      if (values.key !== model.key)
        await navigate({
          to: '/p/$project/data/$model/fields',
          params: { project: project.slug, model: values.key.trim() },
          replace: true,
        });
    },
  });
  const errors = fieldErrors(save.error);
  const at = (key: string): string | undefined => errors[`actions[0].changes.${key}`];
  const set = (part: Partial<typeof values>): void => setValues({ ...values, ...part });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  const titles = [{ key: 'id', label: 'Id' }, ...ownFields(model).filter(({ operators }) => operators.includes('_eq'))];
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Name of one record"
          required
          value={values.label}
          onChange={(e) => set({ label: e.target.value })}
          error={at('label')}
        />
        <TextField
          label="Name of several"
          required
          value={values.labelPlural}
          onChange={(e) => set({ labelPlural: e.target.value })}
          error={at('labelPlural')}
        />
      </div>
      <TextField
        label="Key"
        required
        value={values.key}
        onChange={(e) => set({ key: e.target.value })}
        error={at('key')}
        help={`In the API: /api/projects/${project.slug}/items/${values.key}. Former keys go on to work.`}
      />
      <TextArea
        label="Description"
        rows={2}
        value={values.description}
        onChange={(e) => set({ description: e.target.value })}
        error={at('description')}
      />
      <SelectField
        label="Field that names a record"
        options={titles.map(({ key, label }) => ({ value: key, label }))}
        value={values.titleField}
        onChange={(e) => set({ titleField: e.target.value })}
        error={at('titleField')}
      />
      <TextField
        label="Fields that are searched"
        value={values.search}
        onChange={(e) => set({ search: e.target.value })}
        error={at('search')}
        help="Keys, with commas between them."
      />
      <TextField
        label="Order of lists"
        value={values.defaultSort}
        onChange={(e) => set({ defaultSort: e.target.value })}
        error={at('defaultSort')}
        help="Keys, with commas between them; -createdAt puts the newest first."
      />
      {save.error ? <Notice tone="danger">{messageOf(save.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="primary"
          isBusy={save.isPending}
          disabled={Object.keys(changes).length === 0 || save.isPending}
        >
          Save
        </Button>
      </div>
    </form>
  );
}
