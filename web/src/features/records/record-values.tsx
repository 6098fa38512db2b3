/** What a record holds, and where the records are that point to it. */
import { Link } from '@tanstack/react-router';
import { labelOf } from '../../fields/field-ui.ts';
import { fieldUiOf } from '../../fields/index.ts';
import { countIn, useTargetsOf } from '../../fields/targets.ts';
import { modelHref, type AnyRecord, type VisibleField, type VisibleModel } from '../../platform/records.ts';
import { buttonClass } from '../../ui/button.tsx';

export function Values({ fields, record }: { fields: readonly VisibleField[]; record: AnyRecord }) {
  return (
    <dl className="card divide-y divide-separator text-sm">
      {fields.map((field) => {
        const { View } = fieldUiOf(field);
        return (
          <div key={field.key} className="grid gap-x-4 gap-y-0.5 px-4 py-2.5 sm:grid-cols-[11rem_1fr]">
            <dt className="text-[0.8125rem] text-muted">{labelOf(field)}</dt>
            <dd className="min-w-0">
              <View field={field} value={record[field.key]} record={record} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** The lists of records that point to this one. */
export function Related({ model, record }: { model: VisibleModel; record: AnyRecord }) {
  const targets = useTargetsOf(model) ?? [];
  const links = model.fields.flatMap(({ key, label, relation }) => {
    const target = relation?.kind === 'one-to-many' ? targets.find(({ id }) => id === relation.target) : undefined;
    const by = target?.fields.find((field) => relation?.kind === 'one-to-many' && [field.id, field.key].includes(relation.by));
    return target && by ? [{ key, label, href: modelHref(target), by: by.key, count: countIn({ key }, record) }] : [];
  });
  if (links.length === 0) return null;
  return (
    <nav aria-label="Related" className="flex flex-wrap gap-2">
      {links.map(({ key, label, href, by, count }) => (
        <Link
          key={key}
          to={href}
          search={{ filter: { _and: [{ [by]: { _eq: record.id } }] } } as never}
          className={buttonClass('secondary', 'sm')}
        >
          {label} {count === undefined ? null : <span className="text-muted tabular-nums">{count.toLocaleString('en')}</span>}
        </Link>
      ))}
    </nav>
  );
}
