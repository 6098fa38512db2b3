/** Several of a few. */
interface CheckListProps {
  legend: string;
  options: readonly { value: string; label: string }[];
  value: readonly string[];
  disabled?: boolean;
  onChange: (value: string[]) => void;
}

export function CheckList({ legend, options, value, disabled = false, onChange }: CheckListProps) {
  return (
    <fieldset className="text-sm">
      <legend className="mb-1 text-[0.8125rem] font-medium">{legend}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1.5">
        {options.map((option) => (
          <label key={option.value} className="flex items-center gap-1.5">
            <input
              type="checkbox"
              disabled={disabled}
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
