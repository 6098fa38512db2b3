/** Hands a file's content to the browser. */
import { Download } from 'lucide-react';
import { asText } from '../../fields/field-ui.ts';
import { messageOf } from '../../platform/api-error.ts';
import { send } from '../../platform/http.ts';
import type { AnyRecord } from '../../platform/records.ts';
import { Button } from '../../ui/button.tsx';
import { showToast } from '../../ui/toast.tsx';

/** The content needs the token, so it is fetched and handed to the browser as a file. */
export function DownloadButton({ record }: { record: AnyRecord }) {
  const download = async (): Promise<void> => {
    try {
      const response = await send('GET', `/api/files/${record.id}/content`, { query: { download: true } });
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement('a');
      link.href = url;
      link.download = asText(record['name']) || 'file';
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      showToast(messageOf(error), { tone: 'danger' });
    }
  };
  return (
    <Button size="sm" onClick={() => void download()}>
      <Download size={14} aria-hidden /> Download
    </Button>
  );
}
