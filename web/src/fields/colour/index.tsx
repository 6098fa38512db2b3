import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';
import { TypedInput } from '../typed-input.tsx';

/** The palette always holds a colour and is silent when that one is chosen: for "none" it holds one that nobody looks for. */
const unchosen = '#7f7f80';

function ColourInput(props: InputProps) {
  const { field, value, onChange, error } = props;
  const { help: _help, ...plain } = field;
  return (
    <Frame field={field} error={error}>
      <div className="flex items-center gap-2">
        <input
          type="color"
          aria-label={`Palette for ${field.label}`}
          value={/^#[\da-f]{6}$/i.test(String(value)) ? String(value) : unchosen}
          onChange={(event) => onChange(event.target.value)}
          className={`h-9 w-14 shrink-0 rounded border border-border ${isBlank(value) ? 'opacity-40' : ''}`}
        />
        <TypedInput
          field={plain}
          value={value}
          onChange={onChange}
          hideLabel
          native={{ pattern: '#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})', placeholder: 'none', spellCheck: false, className: 'font-mono' }}
          read={(typed) => typed.trim()}
        />
      </div>
    </Frame>
  );
}

function ColourShow({ value }: ShowProps) {
  if (isBlank(value)) return <Blank />;
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden className="size-3.5 rounded border border-border" style={{ background: String(value) }} />
      <code className="text-xs">{String(value)}</code>
    </span>
  );
}

export const colour: FieldUi = {
  name: 'colour',
  Input: ColourInput,
  Cell: ColourShow,
  View: ColourShow,
  parse: (typed) => typed.trim().toLowerCase(),
};
