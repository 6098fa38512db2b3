import { Blank } from '../blank.tsx';
import { isBlank, type FieldUi, type InputProps, type ShowProps } from '../field-ui.ts';
import { relation } from '../relation/index.tsx';
import { UploadButton } from '../upload-button.tsx';

/** Chosen among the files there are, or uploaded. */
export function FileInput(props: InputProps & { accept?: string }) {
  return (
    <div className="flex flex-col gap-1.5">
      <relation.Input {...props} />
      <div>
        <UploadButton label="Upload…" accept={props.accept} onUploaded={([id]) => props.onChange(id)} />
      </div>
    </div>
  );
}

function FileView({ value, ...props }: ShowProps) {
  return isBlank(value) ? <Blank /> : <relation.View value={value} {...props} />;
}

export const file: FieldUi = { ...relation, name: 'file', Input: FileInput, View: FileView };
