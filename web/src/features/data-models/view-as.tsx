/** A data model with somebody else's eyes: which fields and records they see. */
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { fieldUiOf } from '../../fields/index.ts';
import { messageOf } from '../../platform/api-error.ts';
import type { AnyRecord, VisibleField } from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import type { DesignedModel } from './models.ts';
import { someoneOf, SomeoneField } from './someone-field.tsx';

interface Seen {
  fields: VisibleField[];
}

export function ViewAs({ project, model }: { project: string; model: DesignedModel }) {
  const [who, setWho] = useState('role:viewer');
  const look = useMutation({
    mutationFn: async () => {
      const body = { ...someoneOf(who), model: model.id, query: { limit: 20 } };
      return (await api('viewAs', { params: { project }, body })).data;
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    look.mutate();
  };
  return (
    <Section title="View as" description="What somebody sees. It is noted in the log, and a member who has Piper open is told.">
      <form onSubmit={submit} className="card flex flex-col gap-3 p-4">
        <SomeoneField label="Whose eyes" value={who} onChange={setWho} />
        <div>
          <Button type="submit" isBusy={look.isPending}>
            Look
          </Button>
        </div>
        {look.error ? <Notice tone="danger">{messageOf(look.error)}</Notice> : null}
        {look.data ? (
          look.data.definition ? (
            <SeenRecords definition={look.data.definition as unknown as Seen} records={look.data.records as AnyRecord[]} />
          ) : (
            <Notice>They see nothing of this data model.</Notice>
          )
        ) : null}
      </form>
    </Section>
  );
}

function SeenRecords({ definition, records }: { definition: Seen; records: readonly AnyRecord[] }) {
  const shown = definition.fields.filter(({ key, hidden }) => !hidden && records.some((record) => key in record));
  if (records.length === 0) return <Notice>They see no record.</Notice>;
  return (
    <ScrollRegion label="What they see" className="text-[0.8125rem]">
      <table className="w-full text-left">
        <thead>
          <tr>
            {shown.map(({ key, label }) => (
              <th key={key} scope="col" className="px-2 py-1 font-medium whitespace-nowrap">
                {label}
              </th>
            ))}
            <th scope="col" className="px-2 py-1 font-medium">
              May
            </th>
          </tr>
        </thead>
        <tbody>
          {records.map((record, i) => (
            <tr key={i} className="border-t border-separator">
              {shown.map((field) => {
                const { Cell } = fieldUiOf(field);
                return (
                  <td key={field.key} className="max-w-48 truncate px-2 py-1">
                    {field.key in record ? <Cell field={field} value={record[field.key]} record={record} /> : null}
                  </td>
                );
              })}
              <td className="px-2 py-1 whitespace-nowrap">
                {Array.isArray(record['allowedActions']) ? record['allowedActions'].join(', ') : ''}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
