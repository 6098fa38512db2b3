/** Which fields a list shows beside the name. The choice stands in the address, as the rest of the view. */
import { Dropdown } from '@heroui/react';
import { Columns3 } from 'lucide-react';
import { labelOf } from '../../fields/field-ui.ts';
import type { VisibleModel } from '../../platform/records.ts';
import { isOffered, shownFields, type View } from './record-view.ts';

interface ColumnMenuProps {
  model: VisibleModel;
  view: View;
  onView: (change: View) => void;
}

export function ColumnMenu({ model, view, onView }: ColumnMenuProps) {
  const offered = model.fields.filter((field) => isOffered(field) && field.key !== model.titleField);
  const shown = shownFields(model, view).flatMap(({ key }) => (key === model.titleField ? [] : [key]));
  const choose = (keys: readonly unknown[]): void => onView({ columns: [model.titleField, ...keys].join(',') });
  return (
    <Dropdown>
      <Dropdown.Trigger
        aria-label="Columns"
        className="button button--icon-only button--outline button--md grid place-items-center"
      >
        <Columns3 size={15} aria-hidden />
      </Dropdown.Trigger>
      <Dropdown.Popover className="min-w-44 rounded-lg">
        <Dropdown.Menu
          aria-label="Columns"
          selectionMode="multiple"
          selectedKeys={shown}
          onSelectionChange={(keys) => choose(keys === 'all' ? offered.map(({ key }) => key) : [...keys])}
        >
          {offered.map((field) => (
            <Dropdown.Item key={field.key} id={field.key} textValue={labelOf(field)} className="rounded-md ps-8 text-sm">
              <Dropdown.ItemIndicator />
              <span>{labelOf(field)}</span>
            </Dropdown.Item>
          ))}
        </Dropdown.Menu>
      </Dropdown.Popover>
    </Dropdown>
  );
}
