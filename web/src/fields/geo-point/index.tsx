import { useState } from 'react';
import { TextField } from '../../ui/field.tsx';
import { Blank } from '../blank.tsx';
import { type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';

/** Latitude first, as people write it. */
function print(value: unknown): string {
  const coordinates = (value as { coordinates?: [number, number] } | null | undefined)?.coordinates;
  return coordinates ? `${coordinates[1]}, ${coordinates[0]}` : '';
}

function read(typed: string): object | undefined {
  const parts = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(typed);
  return parts ? { type: 'Point', coordinates: [Number(parts[2]), Number(parts[1])] } : undefined;
}

/** What is not yet a place stays in the field and is not passed on. */
function PlaceInput({ field, value, onChange, error }: InputProps) {
  const [text, setText] = useState(() => print(value));
  const isWrong = text.trim() !== '' && read(text) === undefined;
  const change = (typed: string): void => {
    setText(typed);
    const place = read(typed);
    if (typed.trim() === '') onChange(null);
    else if (place) onChange(place);
  };
  return (
    <TextField
      label={field.label}
      help={field.help ?? 'Latitude and longitude, such as 52.5163, 13.3777.'}
      error={isWrong ? 'Write latitude and longitude, such as 52.5163, 13.3777.' : error}
      required={field.required}
      value={text}
      onChange={(event) => change(event.target.value)}
    />
  );
}

function PlaceCell({ value }: ShowProps) {
  return print(value) === '' ? <Blank /> : <span className="tabular-nums">{print(value)}</span>;
}

function PlaceView({ value }: ShowProps) {
  if (print(value) === '') return <Blank />;
  return (
    <a href={`geo:${print(value).replace(' ', '')}`} className="text-link tabular-nums">
      {print(value)}
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
