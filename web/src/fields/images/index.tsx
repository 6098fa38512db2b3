import { Blank } from '../blank.tsx';
import type { FieldUi, InputProps, ShowProps } from '../field-ui.ts';
import { files, FilesInput, idsOf } from '../files/index.tsx';
import { Picture } from '../image/index.tsx';

function ImagesInput(props: InputProps) {
  return <FilesInput {...props} accept="image/*" />;
}

function Pictures({ field, value, most, className }: Pick<ShowProps, 'field' | 'value'> & { most: number; className: string }) {
  const ids = idsOf(value).slice(0, most);
  if (ids.length === 0) return <Blank />;
  return (
    <span className="inline-flex flex-wrap gap-1">
      {ids.map((id, i) => (
        <Picture key={id} id={id} label={`${field.label} ${i + 1}`} className={className} />
      ))}
    </span>
  );
}

function ImagesCell({ field, value }: ShowProps) {
  return <Pictures field={field} value={value} most={4} className="h-7 max-w-16 object-cover" />;
}

function ImagesView({ field, value }: ShowProps) {
  return <Pictures field={field} value={value} most={100} className="max-h-48 max-w-full" />;
}

export const images: FieldUi = { ...files, name: 'images', Input: ImagesInput, Cell: ImagesCell, View: ImagesView };
