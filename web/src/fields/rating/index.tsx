import { Star } from 'lucide-react';
import { Blank } from '../blank.tsx';
import { isBlank, numberOption, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { Frame } from '../frame.tsx';
import { printValue } from '../print.ts';

const starsOf = (field: InputProps['field']): number[] =>
  Array.from({ length: numberOption(field, 'max') ?? 5 }, (_, i) => i + 1);

function Stars({ field, value }: Pick<ShowProps, 'field' | 'value'>) {
  const stars = starsOf(field);
  return (
    <span role="img" aria-label={printValue(field, value)} className="inline-flex gap-0.5">
      {stars.map((star) => (
        <Star key={star} size={15} aria-hidden className={star <= Number(value) ? 'fill-current' : 'text-muted'} />
      ))}
    </span>
  );
}

/** A radio for each number of stars; a second press on the chosen one takes it away. */
function RatingInput({ field, value, onChange, error }: InputProps) {
  return (
    <Frame field={field} error={error}>
      <div className="flex gap-1">
        {starsOf(field).map((star) => (
          <button
            key={star}
            type="button"
            aria-pressed={value === star}
            aria-label={`${star} ${star === 1 ? 'star' : 'stars'}`}
            onClick={() => onChange(value === star ? (field.required ? 0 : null) : star)}
            className="rounded p-1"
          >
            <Star size={20} aria-hidden className={star <= Number(value ?? 0) ? 'fill-current' : 'text-muted'} />
          </button>
        ))}
      </div>
    </Frame>
  );
}

function RatingShow({ field, value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <Stars field={field} value={value} />;
}

export const rating: FieldUi = { name: 'rating', Input: RatingInput, Cell: RatingShow, View: RatingShow, parse: Number };
