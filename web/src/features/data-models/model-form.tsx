/** How a data model is called and shown. */
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { fieldErrors } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextArea, TextField } from '../../ui/field.tsx';
import { useProject } from '../projects/project.ts';
import { ownFields, type DesignedModel } from './models.ts';
import { SaveProblem, useSave } from './save-form.tsx';

const words = ['label', 'labelPlural', 'key', 'description', 'titleField'] as const;

/** "name, -createdAt" as the list it stands for. */
const listed = (text: string): string[] =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

export function ModelForm({ model, onClose }: { model: DesignedModel; onClose: () => void }) {
  // What others change meanwhile is not this form's.
  const [opened] = useState(model);
  const navigate = useNavigate();
  const project = useProject();
  const [values, setValues] = useState(() => ({
    label: opened.label,
    labelPlural: opened.labelPlural,
    key: opened.key,
    description: opened.description,
    titleField: opened.titleField,
    search: opened.search.join(', '),
    defaultSort: opened.defaultSort.join(', '),
  }));
  const changes = {
    ...Object.fromEntries(words.filter((word) => values[word] !== opened[word]).map((word) => [word, values[word].trim()])),
    ...(values.search === opened.search.join(', ') ? {} : { search: listed(values.search) }),
    ...(values.defaultSort === opened.defaultSort.join(', ') ? {} : { defaultSort: listed(values.defaultSort) }),
  };
  const save = useSave(opened, () => {
    onClose();
    if (values.key === opened.key) return;
    const params = { project: project.slug, model: values.key.trim() };
    void navigate({ to: '/p/$project/data/$model/fields', params, replace: true });
  });
  const errors = fieldErrors(save.error);
  const at = (key: string): string | undefined =>
    Object.entries(errors).find(([path]) => path.replace(/\[\d+\]$/, '') === `actions[0].changes.${key}`)?.[1];
  const set = (part: Partial<typeof values>): void => setValues({ ...values, ...part });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate({ actions: [{ do: 'update-model', model: opened.id, changes }], done: 'Saved.' });
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
      <SaveProblem error={save.error} isShown={(path) => path.startsWith('actions[0].changes.')} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={save.isPending} disabled={Object.keys(changes).length === 0}>
          Save
        </Button>
      </div>
    </form>
  );
}
