import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { dataModelsQuery, listRecords, type AnyRecord, type VisibleField, type VisibleModel } from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { Picker } from '../../ui/picker.tsx';
import { Blank } from '../blank.tsx';
import { asText, isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

function useTarget(field: VisibleField): VisibleModel | undefined {
  const models = useQuery(dataModelsQuery).data;
  return models?.find(({ key }) => key === field.relation?.target);
}

/** The name of the record a field points to, when it was read along. */
function titleOf(field: VisibleField, target: VisibleModel | undefined, value: unknown, record: AnyRecord): string {
  const as = field.relation?.kind === 'many-to-one' ? field.relation.as : undefined;
  const other = as ? record[as] : undefined;
  const title =
    target && typeof other === 'object' && other !== null ? (other as Record<string, unknown>)[target.titleField] : undefined;
  return isBlank(title) ? String(value) : String(title);
}

function RelationInput({ field, value, onChange, error }: InputProps) {
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const target = useTarget(field);
  const found = useQuery({
    queryKey: ['pick', field.relation?.target, search],
    enabled: isOpen && target !== undefined,
    queryFn: async () =>
      (
        await listRecords(target?.key ?? '', {
          limit: 30,
          search: target && target.search.length > 0 ? search || undefined : undefined,
        })
      ).data,
  });
  const nameOf = (record: AnyRecord): string => asText(record[target?.titleField ?? 'id']) || record.id;
  const chosen = found.data?.find(({ id }) => id === value);
  return (
    <div className="flex flex-col gap-1">
      <span className="text-[0.8125rem] font-medium">{field.label}</span>
      <div className="flex gap-2">
        <Button className="min-w-0 flex-1 justify-start" aria-label={`Choose ${field.label}`} onClick={() => setOpen(true)}>
          <span className="truncate">{isBlank(value) ? 'Choose…' : chosen ? nameOf(chosen) : String(value)}</span>
        </Button>
        {field.required || isBlank(value) ? null : <Button onClick={() => onChange(null)}>Clear</Button>}
      </div>
      {error ? (
        <p role="alert" className="text-[0.8125rem] text-danger-soft-foreground">
          {error}
        </p>
      ) : null}
      <Picker
        label={`Choose ${field.label}`}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        onSearch={setSearch}
        items={(found.data ?? []).map((record) => ({
          id: record.id,
          label: nameOf(record),
          keywords: search,
          isSelected: record.id === value,
          run: () => onChange(record.id),
        }))}
        empty={found.isFetching ? 'Searching…' : 'Nothing matches.'}
      />
    </div>
  );
}

function RelationCell({ field, value, record }: ShowProps) {
  const target = useTarget(field);
  return isBlank(value) ? <Blank /> : <span className="truncate">{titleOf(field, target, value, record)}</span>;
}

function RelationView({ field, value, record }: ShowProps) {
  const target = useTarget(field);
  if (isBlank(value) || field.relation?.kind === 'one-to-many') return <Blank />;
  const title = titleOf(field, target, value, record);
  if (!target) return <code className="text-xs">{title}</code>;
  return (
    <Link to="/m/$model/$id" params={{ model: target.key, id: String(value) }} className="text-link">
      {title}
    </Link>
  );
}

export const relation: FieldUi = {
  name: 'relation',
  Input: RelationInput,
  Cell: RelationCell,
  View: RelationView,
  parse: (typed) => typed.trim(),
};
