/** Uploads files to the project of the page and hands on their ids. */
import { limits } from '@piper/shared/limits';
import { useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { messageOf } from '../platform/api-error.ts';
import { request } from '../platform/http.ts';
import { Button } from '../ui/button.tsx';
import { showToast } from '../ui/toast.tsx';

interface UploadButtonProps {
  label: string;
  accept?: string | undefined;
  multiple?: boolean;
  onUploaded: (ids: string[]) => void;
}

export function UploadButton({ label, accept, multiple = false, onUploaded }: UploadButtonProps) {
  const { project } = useParams({ strict: false });
  const input = useRef<HTMLInputElement>(null);
  const [isBusy, setBusy] = useState(false);
  const take = async (files: readonly File[]): Promise<void> => {
    setBusy(true);
    const ids: string[] = [];
    for (const file of files) {
      try {
        ids.push(await upload(file, project));
      } catch (error) {
        showToast(`${file.name}: ${messageOf(error)}`, { tone: 'danger' });
      }
    }
    setBusy(false);
    if (ids.length > 0) onUploaded(ids);
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        multiple={multiple}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = '';
          void take(files);
        }}
      />
      <Button isBusy={isBusy} onClick={() => input.current?.click()}>
        {label}
      </Button>
    </>
  );
}

async function upload(file: File, project: string | undefined): Promise<string> {
  if (file.size > limits.fileBytes) throw new Error(`is larger than ${Math.floor(limits.fileBytes / 1024 / 1024)} MB`);
  const form = new FormData();
  if (project !== undefined) form.set('projectId', project);
  form.set('file', file, file.name);
  const { data } = await request<{ data: { id: string } }>('POST', '/api/files', { body: form });
  return data.id;
}
