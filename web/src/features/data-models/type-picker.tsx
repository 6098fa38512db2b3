/** Which type a field is of, by category. */
import { fieldTypes, type Category, type FieldType } from '@piper/shared/fields/index';
import { ChevronDown } from 'lucide-react';
import { useState } from 'react';
import { Frame } from '../../fields/frame.tsx';
import type { Option } from '../../ui/field.tsx';
import { Picker } from '../../ui/picker.tsx';

const categories: Record<Category, string> = {
  text: 'Text',
  number: 'Numbers',
  date: 'Dates and times',
  choice: 'Choices',
  relation: 'Relations',
  computed: 'Computed',
  other: 'Other',
};

const all: FieldType[] = [...fieldTypes.values()];
const grouped = Object.keys(categories).flatMap((category) => all.filter((type) => type.category === category));

/** Types that need nothing but a name. */
export const quickTypes: Option[] = grouped
  .filter(({ options, category, name }) => category !== 'computed' && !/relation/.test(name) && !options.some((o) => o.required))
  .map(({ name, label }) => ({ value: name, label }));

interface TypePickerProps {
  value: string;
  onChange: (type: string) => void;
  error?: string | undefined;
}

export function TypePicker({ value, onChange, error }: TypePickerProps) {
  const [isOpen, setOpen] = useState(false);
  const type = fieldTypes.get(value);
  return (
    <Frame field={{ label: 'Type', help: type?.description ?? '' }} error={error}>
      <button
        type="button"
        className="input flex cursor-pointer items-center justify-between text-start"
        aria-label={`Type: ${type?.label ?? value}`}
        onClick={() => setOpen(true)}
      >
        {type?.label ?? value}
        <ChevronDown size={15} className="text-muted" aria-hidden />
      </button>
      <Picker
        label="Choose a type"
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        items={grouped.map(({ name, label, description, category }) => ({
          id: name,
          label,
          hint: description,
          // Who knows the API looks for its word: integer, not whole number.
          keywords: name,
          group: categories[category],
          isSelected: name === value,
          run: () => onChange(name),
        }))}
      />
    </Frame>
  );
}
