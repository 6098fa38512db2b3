import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { file, FileInput } from '../file/index.tsx';
import { idIn } from '../targets.ts';

export function Picture({ id, label, className }: { id: string; label: string; className: string }) {
  return (
    <img src={`/api/files/${encodeURIComponent(id)}/content`} alt={label} loading="lazy" className={`rounded ${className}`} />
  );
}

function ImageInput(props: InputProps) {
  return <FileInput {...props} accept="image/*" />;
}

function ImageCell({ field, value }: ShowProps) {
  return isBlank(value) ? (
    <Blank />
  ) : (
    <Picture id={String(idIn(value))} label={field.label} className="h-7 max-w-16 object-cover" />
  );
}

function ImageView({ field, value }: ShowProps) {
  return isBlank(value) ? <Blank /> : <Picture id={String(idIn(value))} label={field.label} className="max-h-64 max-w-full" />;
}

export const image: FieldUi = { ...file, name: 'image', Input: ImageInput, Cell: ImageCell, View: ImageView };
