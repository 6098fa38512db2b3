/** Files waiting to be sent with the next message: uploaded at once, so that sending is instant. */
import { limits } from '@piper/shared/limits';
import { useState } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { request } from '../../platform/http.ts';
import { randomId } from '../../platform/ids.ts';
import { showToast } from '../../ui/toast.tsx';

export interface Attachment {
  key: string;
  name: string;
  size: number;
  /** Set once uploaded. */
  id: string | undefined;
}

interface UploadedFile {
  id: string;
  name: string;
  size: number;
}

export interface Attachments {
  list: readonly Attachment[];
  isUploading: boolean;
  add: (files: Iterable<File>) => void;
  remove: (key: string) => void;
  clear: () => void;
}

/** Of no project: what is attached is read by those who take part in the thread, not by the whole project. */
export function useAttachments(): Attachments {
  const [list, setList] = useState<readonly Attachment[]>([]);
  const drop = (key: string): void => setList((old) => old.filter((item) => item.key !== key));

  const upload = async (key: string, file: File): Promise<void> => {
    const form = new FormData();
    form.set('file', file, file.name);
    try {
      const { data } = await request<{ data: UploadedFile }>('POST', '/api/files', { body: form });
      setList((old) => old.map((item) => (item.key === key ? { ...item, id: data.id, name: data.name } : item)));
    } catch (error) {
      drop(key);
      showToast(`${file.name}: ${messageOf(error)}`, { tone: 'danger' });
    }
  };

  const add = (files: Iterable<File>): void => {
    const room = limits.filesPerMessage - list.length;
    const chosen = [...files];
    if (chosen.length > room) showToast(`A message takes at most ${limits.filesPerMessage} files.`, { tone: 'danger' });
    for (const file of chosen.slice(0, room)) {
      if (file.size > limits.fileBytes) {
        showToast(`${file.name} is larger than ${Math.floor(limits.fileBytes / 1024 / 1024)} MB.`, { tone: 'danger' });
        continue;
      }
      const key = randomId();
      setList((old) => [...old, { key, name: file.name, size: file.size, id: undefined }]);
      void upload(key, file);
    }
  };

  return { list, isUploading: list.some(({ id }) => id === undefined), add, remove: drop, clear: () => setList([]) };
}

/** "12 kB" */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
