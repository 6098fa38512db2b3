/** Where the link of an invitation leads: new people register with it, signed-in ones accept it. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Navigate, useNavigate, useParams } from '@tanstack/react-router';
import { MailOpen } from 'lucide-react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import { queryClient } from '../../platform/cache.ts';
import { useSession } from '../../platform/session.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { describeInvitation } from './invitation.ts';

export function InvitePage() {
  const { token } = useParams({ from: '/invite/$token' });
  const session = useSession();
  if (session.status !== 'signed-in') return <Navigate to="/register" search={{ invitation: token }} replace />;
  return <AcceptInvitation token={token} name={session.user.name} />;
}

function AcceptInvitation({ token, name }: { token: string; name: string }) {
  const navigate = useNavigate();
  const preview = useQuery({
    queryKey: ['invitation', token],
    retry: false,
    queryFn: async () => (await api('previewInvitation', { body: { token } })).data,
  });
  const accept = useMutation({
    mutationFn: () => api('acceptInvitation', { body: { token } }),
    onSuccess: async ({ data }) => {
      await queryClient.invalidateQueries({ queryKey: ['projects'] });
      if (data.projectId) await navigate({ to: '/p/$project', params: { project: data.projectId }, replace: true });
      else await navigate({ to: '/', replace: true });
    },
  });
  return (
    <main className="mx-auto flex max-w-md flex-col gap-4 p-6 pt-16">
      <title>Invitation · Piper</title>
      <h1 className="sr-only">Invitation</h1>
      {preview.isPending ? <SkeletonRows rows={2} /> : null}
      {preview.error ? <Notice tone="danger">{messageOf(preview.error)}</Notice> : null}
      {accept.error ? <Notice tone="danger">{messageOf(accept.error)}</Notice> : null}
      {preview.data ? (
        <EmptyState
          icon={MailOpen}
          title={describeInvitation(preview.data)}
          action={
            <Button variant="primary" isBusy={accept.isPending} onClick={() => accept.mutate()}>
              Accept as {name}
            </Button>
          }
        >
          Your role there: {preview.data.role.toLowerCase()}. The invitation was sent to {preview.data.email}.
        </EmptyState>
      ) : null}
    </main>
  );
}
