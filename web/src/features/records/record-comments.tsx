/** What people say about a record. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { recordsPath, type AnyRecord, type VisibleModel } from '../../platform/records.ts';
import { useAccount } from '../../platform/session.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { showToast } from '../../ui/toast.tsx';
import { QueryView } from '../shell/query-view.tsx';

interface Of {
  model: VisibleModel;
  record: AnyRecord;
}

const paramsOf = ({ model, record }: Of) => ({ project: model.project ?? '', model: model.id, id: record.id });
const keyOf = ({ model, record }: Of) => ['record', recordsPath(model), record.id, 'comments'];

export function RecordComments(of: Of) {
  const account = useAccount();
  const query = useQuery({
    queryKey: keyOf(of),
    queryFn: async () => (await api('listRecordComments', { params: paramsOf(of), query: { limit: 200 } })).data,
  });
  const remove = useMutation({
    mutationFn: (comment: string) => api('deleteRecordComment', { params: { ...paramsOf(of), comment } }),
    onError: (error) => showToast(messageOf(error), { tone: 'danger' }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keyOf(of) }),
  });
  return (
    <Section title="Comments">
      <QueryView query={query} rows={2}>
        {(comments) =>
          comments.length === 0 ? null : (
            <ul className="card divide-y divide-separator" aria-label="Comments">
              {comments.map(({ id, text, by, createdAt, createdBy }) => (
                <li key={id} className="flex items-start gap-3 px-4 py-2.5 text-sm">
                  <Avatar name={by?.name ?? 'Somebody'} size={24} />
                  <div className="min-w-0 flex-1">
                    <p className="text-[0.8125rem] text-muted">
                      {by?.name ?? 'Somebody'} · <Time at={createdAt} />
                    </p>
                    <p className="break-words whitespace-pre-wrap">{text}</p>
                  </div>
                  {createdBy === account.id ? (
                    <IconButton label="Delete this comment" size="sm" onClick={() => remove.mutate(id)}>
                      <Trash2 size={14} aria-hidden />
                    </IconButton>
                  ) : null}
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
      <NewComment {...of} />
    </Section>
  );
}

function NewComment(of: Of) {
  const [text, setText] = useState('');
  const send = useMutation({
    mutationFn: () => api('createRecordComment', { params: paramsOf(of), body: { text: text.trim() } }),
    onSuccess: async () => {
      setText('');
      await queryClient.invalidateQueries({ queryKey: keyOf(of) });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') send.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <TextArea
        label="Comment"
        hideLabel
        placeholder="Say something about it"
        rows={2}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {send.error ? <Notice tone="danger">{messageOf(send.error)}</Notice> : null}
      <div className="flex justify-end">
        <Button type="submit" size="sm" isBusy={send.isPending} disabled={text.trim() === '' || send.isPending}>
          Comment
        </Button>
      </div>
    </form>
  );
}
