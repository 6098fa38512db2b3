/** Several of a few. */
interface CheckListProps {
  legend: string;
  options: readonly { value: string; label: string }[];
  value: readonly string[];
  disabled?: boolean;
  /** At least one. */
  required?: boolean;
  onChange: (value: string[]) => void;
}

export function CheckList({ legend, options, value, disabled = false, required = false, onChange }: CheckListProps) {
  return (
    <fieldset className="text-sm">
      <legend className="mb-1 text-[0.8125rem] font-medium">{legend}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1.5">
        {options.map((option, i) => (
          <label key={option.value} className="flex items-center gap-1.5">
            <input
              type="checkbox"
              disabled={disabled}
              ref={(box) =>
                i === 0 ? box?.setCustomValidity(required && value.length === 0 ? 'Choose at least one.' : '') : undefined
              }
              checked={value.includes(option.value)}
              onChange={() =>
                onChange(value.includes(option.value) ? value.filter((each) => each !== option.value) : [...value, option.value])
              }
            />
            {option.label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
