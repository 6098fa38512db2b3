/** Where a relation leads, and how. */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { SelectField, TextField, type Option } from '../../ui/field.tsx';
import { modelsQuery } from './models.ts';

export interface RelationDraft {
  kind: 'many-to-one' | 'one-to-many' | 'many-to-many' | 'any';
  target: string;
  targets: string[];
  /** Label of the field on the other side; without one there is none. */
  reverse: string;
  onDelete: string;
}

export const emptyRelation: RelationDraft = { kind: 'many-to-one', target: '', targets: [], reverse: '', onDelete: '' };

const kinds = [
  { value: 'many-to-one', label: 'One record (many-to-one; with Unique: one-to-one)' },
  { value: 'one-to-many', label: 'The records that point here (one-to-many)' },
  { value: 'many-to-many', label: 'Several records (many-to-many)' },
];
const deletions = [
  { value: '', label: 'Leave it empty; where it is required, keep the other' },
  { value: 'set-null', label: 'Leave it empty' },
  { value: 'restrict', label: 'Keep the other from being deleted' },
  { value: 'cascade', label: 'Delete this record too' },
];
const own = [
  { value: 'users', label: 'Users' },
  { value: 'files', label: 'Files' },
  { value: 'threads', label: 'Threads' },
  { value: 'prompts', label: 'Prompts' },
];

interface RelationFormProps {
  type: string;
  value: RelationDraft;
  /** A field of values that becomes a relation leads to one record each. */
  stage: 'new' | 'becomes' | 'kept';
  onChange: (value: RelationDraft) => void;
  errors: Readonly<Record<string, string>>;
}

export function RelationForm({ type, value, stage, onChange, errors }: RelationFormProps) {
  const { project = '' } = useParams({ strict: false });
  const isRelation = type === 'relation' || type === 'any-relation';
  const { data = [] } = useQuery({ ...modelsQuery(project), enabled: isRelation && project !== '' });
  if (!isRelation) return null;
  const models = data.filter(({ isJunction }) => !isJunction).map(({ id, label }) => ({ value: id, label }));
  const set = (part: Partial<RelationDraft>): void => onChange({ ...value, ...part });
  if (type === 'any-relation')
    return (
      <Targets
        models={models}
        value={value.targets}
        onChange={(targets) => set({ targets })}
        error={Object.entries(errors).find(([path]) => path.startsWith('relation.targets'))?.[1]}
      />
    );
  return <Lead {...{ value, stage, errors, models }} onChange={set} />;
}

interface LeadProps extends Pick<RelationFormProps, 'value' | 'stage' | 'errors'> {
  models: readonly Option[];
  onChange: (part: Partial<RelationDraft>) => void;
}

function Lead({ value, stage, errors, models, onChange }: LeadProps) {
  const pointsToOne = stage === 'becomes' || value.kind === 'many-to-one';
  const isNew = stage === 'new';
  return (
    <>
      {isNew ? (
        <SelectField
          label="Leads to"
          options={kinds}
          value={value.kind}
          onChange={(event) => onChange({ kind: event.target.value as RelationDraft['kind'] })}
          error={errors['relation.kind']}
        />
      ) : null}
      {stage === 'kept' ? null : (
        <SelectField
          label="Of the data model"
          required
          options={[{ value: '', label: 'Choose…' }, ...models, ...(pointsToOne ? own : [])]}
          value={value.target}
          onChange={(event) => onChange({ target: event.target.value })}
          error={errors['relation.target']}
          help={
            isNew ? undefined : 'What is the id of one of its records stays; you see the other values before anything is done.'
          }
        />
      )}
      {isNew ? (
        <TextField
          label="Name of the list on the other side"
          placeholder="None"
          value={value.reverse}
          onChange={(event) => onChange({ reverse: event.target.value })}
          error={errors['relation.reverse.label']}
        />
      ) : null}
      {pointsToOne ? (
        <SelectField
          label="When the record it points to is deleted for good"
          options={deletions}
          value={value.onDelete}
          onChange={(event) => onChange({ onDelete: event.target.value })}
          error={errors['relation.onDelete']}
        />
      ) : null}
    </>
  );
}

interface TargetsProps {
  models: readonly Option[];
  value: readonly string[];
  onChange: (value: string[]) => void;
  error: string | undefined;
}

function Targets({ models, value, onChange, error }: TargetsProps) {
  return (
    <fieldset className="flex flex-col gap-1 text-sm">
      <legend className="mb-1 text-[0.8125rem] font-medium">Data models it may lead to</legend>
      {models.map(({ value: id, label }) => (
        <label key={id} className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={value.includes(id)}
            onChange={() => onChange(value.includes(id) ? value.filter((each) => each !== id) : [...value, id])}
          />
          {label}
        </label>
      ))}
      {error ? (
        <p role="alert" className="text-[0.8125rem] text-danger-soft-foreground">
          Choose data models: {error}
        </p>
      ) : null}
    </fieldset>
  );
}
