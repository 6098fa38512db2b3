import { Badge } from '../../ui/badge.tsx';
import { Blank } from '../blank.tsx';
import { choicesOf, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';

const chosenOf = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : []);

/** A box for each choice; what was chosen before and is no choice any more can be taken away. */
function MultiSelectInput({ field, value, onChange, error }: InputProps) {
  const chosen = chosenOf(value);
  const choices = choicesOf(field);
  const gone = chosen.filter((each) => !choices.some((choice) => choice.value === each));
  const toggle = (each: string): void =>
    onChange(chosen.includes(each) ? chosen.filter((one) => one !== each) : [...chosen, each]);
  return (
    <Frame field={field} error={error}>
      <div className="flex max-h-48 flex-wrap gap-x-4 gap-y-1 overflow-y-auto">
        {[...choices, ...gone.map((each) => ({ value: each, label: `${each} (no longer a choice)` }))].map((choice) => (
          <label key={choice.value} className="flex items-center gap-1.5 text-sm">
            <input type="checkbox" checked={chosen.includes(choice.value)} onChange={() => toggle(choice.value)} />
            {choice.label}
          </label>
        ))}
      </div>
    </Frame>
  );
}

function MultiSelectShow({ field, value }: ShowProps) {
  const chosen = chosenOf(value);
  if (chosen.length === 0) return <Blank />;
  const labels = new Map(choicesOf(field).map((choice) => [choice.value, choice.label]));
  return (
    <span className="inline-flex flex-wrap gap-1">
      {chosen.map((each) => (
        <Badge key={each}>{labels.get(each) ?? each}</Badge>
      ))}
    </span>
  );
}

export const multiSelect: FieldUi = {
  name: 'multi-select',
  Input: MultiSelectInput,
  Cell: MultiSelectShow,
  View: MultiSelectShow,
  parse: (typed) => typed,
};
