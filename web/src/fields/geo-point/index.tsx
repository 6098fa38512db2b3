import { TextField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { useTypedText } from '../typed-text.ts';
import { printPlace, readPlace } from './place-text.ts';

function PlaceInput({ field, value, onChange, error }: InputProps) {
  const { text, isWrong, change } = useTypedText(value, onChange, { print: printPlace, read: readPlace });
  return (
    <TextField
      label={field.label}
      help={field.help ?? 'Latitude and longitude, such as 52.5163, 13.3777.'}
      error={error}
      problem={isWrong ? 'Write latitude and longitude, such as 52.5163, 13.3777.' : undefined}
      required={field.required}
      value={text}
      onChange={(event) => change(event.target.value)}
    />
  );
}

function PlaceCell({ value }: ShowProps) {
  return printPlace(value) === '' ? <Blank /> : <span className="tabular-nums">{printPlace(value)}</span>;
}

function PlaceView({ value }: ShowProps) {
  if (printPlace(value) === '') return <Blank />;
  return (
    <a href={`geo:${printPlace(value).replace(' ', '')}`} className="text-link tabular-nums">
      {printPlace(value)}
    </a>
  );
}

export const geoPoint: FieldUi = {
  name: 'geo-point',
  Input: PlaceInput,
  Cell: PlaceCell,
  View: PlaceView,
  parse: (typed) => typed.trim(),
};
