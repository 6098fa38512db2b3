/** What people say about a record. */
import { limits } from '@piper/shared/limits';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Pencil, Trash2 } from 'lucide-react';
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
import { canManage, membersQuery, useProject } from '../projects/project.ts';
import { deleteLater, useDoomed } from '../shell/delete-later.ts';
import { QueryView } from '../shell/query-view.tsx';

interface Of {
  model: VisibleModel;
  record: AnyRecord;
}

const paramsOf = ({ model, record }: Of) => ({ project: model.project ?? '', model: model.id, id: record.id });
const keyOf = ({ model, record }: Of) => ['record', recordsPath(model), record.id, 'comments'];
const refresh = (of: Of): Promise<void> => queryClient.invalidateQueries({ queryKey: keyOf(of) });

const readPage = (of: Of, cursor: string | undefined) =>
  api('listRecordComments', { params: paramsOf(of), query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } });
type Comment = Awaited<ReturnType<typeof readPage>>['data'][number];

/** Who may say something: every member but those who are viewers and nothing else. */
function useVoice(): { mayComment: boolean; mayDeleteAny: boolean } {
  const account = useAccount();
  const { data } = useQuery(membersQuery(useProject().id));
  const own = data?.find(({ userId }) => userId === account.id);
  const mayComment = own !== undefined && (own.role !== 'viewer' || (own.roles ?? []).length > 0);
  return { mayComment, mayDeleteAny: canManage(own?.role) };
}

export function RecordComments(of: Of) {
  const { mayComment, mayDeleteAny } = useVoice();
  const doomed = useDoomed();
  const query = useInfiniteQuery({
    queryKey: keyOf(of),
    queryFn: ({ pageParam }) => readPage(of, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ meta }) => meta.nextCursor ?? undefined,
  });
  /** The newest comment stands at the end, wherever that is. */
  const showLast = async (): Promise<void> => {
    await query.refetch();
    let read = await query.fetchNextPage();
    while (read.hasNextPage) read = await read.fetchNextPage();
  };
  const later = query.hasNextPage ? (
    <Button size="sm" className="self-center" isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
      Later comments
    </Button>
  ) : null;
  return (
    <Section title="Comments">
      <QueryView query={query} rows={2}>
        {({ pages }) => {
          const comments = pages.flatMap(({ data }) => data).filter(({ id }) => !doomed.has(id));
          if (comments.length === 0) return mayComment ? null : <p className="text-sm text-muted">Nobody said anything yet.</p>;
          return (
            <ul className="card divide-y divide-separator" aria-label="Comments">
              {comments.map((comment) => (
                <OneComment key={comment.id} of={of} comment={comment} {...{ mayComment, mayDeleteAny }} />
              ))}
            </ul>
          );
        }}
      </QueryView>
      {later}
      {mayComment ? <NewComment of={of} onSent={showLast} /> : null}
    </Section>
  );
}

interface OneCommentProps {
  of: Of;
  comment: Comment;
  mayComment: boolean;
  mayDeleteAny: boolean;
}

function OneComment({ of, comment: { id, text, by, ...comment }, mayComment, mayDeleteAny }: OneCommentProps) {
  const isOwn = comment.createdBy === useAccount().id;
  const [isEditing, setEditing] = useState(false);
  const params = { ...paramsOf(of), comment: id };
  const remove = (): void =>
    deleteLater({
      id,
      text: 'Comment deleted.',
      run: () => api('deleteRecordComment', { params }),
      refresh: () => refresh(of),
    });
  const save = async (changed: string): Promise<void> => {
    await api('updateRecordComment', { params, body: { text: changed } });
    await refresh(of);
    setEditing(false);
  };
  return (
    <li className="flex items-start gap-3 px-4 py-2.5 text-sm">
      <Avatar name={by?.name ?? 'Somebody'} size={24} />
      <div className="min-w-0 flex-1">
        <p className="text-[0.8125rem] text-muted">
          {by?.name ?? 'Somebody'} · <Time at={comment.createdAt} />
          {comment.updatedAt === comment.createdAt ? null : ' · edited'}
        </p>
        {isEditing ? (
          <CommentForm label="Change the comment" initial={text} action="Save" onSave={save} onCancel={() => setEditing(false)} />
        ) : (
          <p className="break-words whitespace-pre-wrap">{text}</p>
        )}
      </div>
      {isOwn && mayComment && !isEditing ? (
        <IconButton label="Edit this comment" size="sm" onClick={() => setEditing(true)}>
          <Pencil size={14} aria-hidden />
        </IconButton>
      ) : null}
      {isOwn || mayDeleteAny ? (
        <IconButton label="Delete this comment" size="sm" onClick={remove}>
          <Trash2 size={14} aria-hidden />
        </IconButton>
      ) : null}
    </li>
  );
}

function NewComment({ of, onSent }: { of: Of; onSent: () => Promise<void> }) {
  const [sent, setSent] = useState(0);
  const send = async (text: string): Promise<void> => {
    await api('createRecordComment', { params: paramsOf(of), body: { text } });
    setSent(sent + 1);
    await onSent();
  };
  return (
    <CommentForm key={sent} label="Comment" initial="" placeholder="Say something about it" action="Comment" onSave={send} />
  );
}

interface CommentFormProps {
  label: string;
  initial: string;
  placeholder?: string;
  action: string;
  onSave: (text: string) => Promise<void>;
  onCancel?: () => void;
}

function CommentForm({ label, initial, placeholder, action, onSave, onCancel }: CommentFormProps) {
  const [text, setText] = useState(initial);
  const save = useMutation({ mutationFn: () => onSave(text.trim()) });
  const canSave = text.trim() !== '' && text.trim() !== initial && !save.isPending;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (canSave) save.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <TextArea
        label={label}
        hideLabel
        placeholder={placeholder}
        rows={2}
        maxLength={limits.commentText}
        autoFocus={onCancel !== undefined}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {save.error ? <Notice tone="danger">{messageOf(save.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        {onCancel ? (
          <Button size="sm" onClick={onCancel}>
            Cancel
          </Button>
        ) : null}
        <Button type="submit" size="sm" isBusy={save.isPending} disabled={!canSave}>
          {action}
        </Button>
      </div>
    </form>
  );
}
