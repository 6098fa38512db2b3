/** Invites somebody by e-mail and shows the link, which is known only at that moment. */
import { useMutation } from '@tanstack/react-query';
import { Check, Copy } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { messageOf } from '../../platform/api-error.ts';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/clipboard.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField, type Option } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';

interface Sent {
  email: string;
  url: string;
  mailed: boolean;
}

interface InviteDialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  roles: readonly Option[];
  defaultRole: string;
  send: (email: string, role: string) => Promise<Sent>;
}

export function InviteDialog(props: InviteDialogProps) {
  return (
    <Dialog title={props.title} isOpen={props.isOpen} onClose={props.onClose}>
      <InviteForm {...props} />
    </Dialog>
  );
}

function InviteForm({ onClose, roles, defaultRole, send }: InviteDialogProps) {
  const [email, setEmail] = useState('');
  const [role, setRole] = useState(defaultRole);
  const invite = useMutation({ mutationFn: () => send(email.trim(), role) });
  if (invite.data) return <InvitationLink sent={invite.data} onClose={onClose} />;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    invite.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="E-mail"
        type="email"
        required
        autoFocus
        value={email}
        onChange={(event) => setEmail(event.target.value)}
      />
      <SelectField label="Role" options={roles} value={role} onChange={(event) => setRole(event.target.value)} />
      {invite.error ? <Notice tone="danger">{messageOf(invite.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={invite.isPending}>
          Invite
        </Button>
      </div>
    </form>
  );
}

function InvitationLink({ sent, onClose }: { sent: Sent; onClose: () => void }) {
  const [isCopied, setCopied] = useState(false);
  return (
    <div className="flex flex-col gap-4">
      <Notice>
        {sent.mailed
          ? `A mail is on its way to ${sent.email}. The link also works when you send it yourself:`
          : `Send this link to ${sent.email}. It is shown only now.`}
      </Notice>
      <TextField label="Link" readOnly value={sent.url} onFocus={(event) => event.target.select()} />
      <div className="flex justify-end gap-2">
        <Button onClick={() => void copyText(sent.url).then(setCopied)}>
          {isCopied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />} {isCopied ? 'Copied' : 'Copy link'}
        </Button>
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}
