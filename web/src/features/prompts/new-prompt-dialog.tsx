/** Asks for the title and the first content of a prompt, makes it and opens it. */
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { api } from '../../platform/api.ts';
import { messageOf } from '../../platform/api-error.ts';
import type { Project } from '../../platform/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextArea, TextField } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { adoptPrompt } from './prompt-queries.ts';

interface NewPromptDialogProps {
  project: Project;
  isOpen: boolean;
  onClose: () => void;
}

export function NewPromptDialog({ project, isOpen, onClose }: NewPromptDialogProps) {
  return (
    <Dialog title="New prompt" isOpen={isOpen} onClose={onClose} size="lg">
      <NewPromptForm project={project} onClose={onClose} />
    </Dialog>
  );
}

function NewPromptForm({ project, onClose }: { project: Project; onClose: () => void }) {
  const navigate = useNavigate();
  const [title, setTitle] = useState('');
  const [content, setContent] = useState('');
  const create = useMutation({
    mutationFn: async () => (await api('createPrompt', { body: { projectId: project.id, title: title.trim(), content } })).data,
    onSuccess: async (prompt) => {
      await adoptPrompt(prompt);
      onClose();
      await navigate({ to: '/p/$project/prompts/$prompt', params: { project: project.slug, prompt: prompt.id } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Title"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
        required
        maxLength={200}
        autoFocus
        placeholder="Friendly support agent"
      />
      <TextArea
        label="Content"
        value={content}
        onChange={(event) => setContent(event.target.value)}
        required
        rows={8}
        placeholder="You answer questions about {{product}}. Be brief and kind."
        help="{{name}} stands for a value that is asked for in each chat."
      />
      {create.error ? <Notice tone="danger">{messageOf(create.error)}</Notice> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={create.isPending}>
          Create prompt
        </Button>
      </div>
    </form>
  );
}
