import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { OneInput, relation } from '../relation/index.tsx';
import { UploadButton } from '../upload-button.tsx';

/** Chosen among the files there are, or uploaded. */
export function FileInput({ accept, ...props }: InputProps & { accept?: string }) {
  return (
    <OneInput {...props} more={<UploadButton label="Upload…" accept={accept} onUploaded={([id]) => props.onChange(id)} />} />
  );
}

function FileView({ value, ...props }: ShowProps) {
  return isBlank(value) ? <Blank /> : <relation.View value={value} {...props} />;
}

export const file: FieldUi = { ...relation, name: 'file', Input: FileInput, View: FileView };
