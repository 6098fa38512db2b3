/** The chat of a project: its threads at the side, one of them (or a new one) in the middle. */
import { useParams, useSearch } from '@tanstack/react-router';
import { PanelLeft } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { preloadMarkdown } from '../../ui/markdown.tsx';
import { NativeDialog } from '../../ui/native-dialog.tsx';
import { useProject } from '../projects/project.ts';
import { Conversation } from './conversation.tsx';
import { ThreadList } from './thread-list.tsx';

preloadMarkdown();

export function ChatPage() {
  const project = useProject();
  const { thread }: { thread?: string } = useParams({ strict: false });
  const { prompt }: { prompt?: string } = useSearch({ strict: false });
  const [isListOpen, setListOpen] = useState(false);
  // A thread that has just been made keeps its conversation: only going to another one starts afresh.
  const [identity, setIdentity] = useState({ key: 0, made: undefined as string | undefined, thread });
  if (identity.thread !== thread)
    setIdentity({
      key: thread !== undefined && thread === identity.made ? identity.key : identity.key + 1,
      made: undefined,
      thread,
    });
  return (
    <div className="flex h-full min-h-0">
      <aside className="hidden w-64 shrink-0 border-r border-separator md:block" aria-label="Threads">
        <ThreadList project={project} threadId={thread} />
      </aside>
      <NativeDialog
        label="Threads"
        isOpen={isListOpen}
        onClose={() => setListOpen(false)}
        className="m-0 h-dvh max-h-none w-80 max-w-[88vw] border-r border-border bg-background p-0 text-foreground"
      >
        <ThreadList project={project} threadId={thread} onChoose={() => setListOpen(false)} />
      </NativeDialog>
      <Conversation
        key={identity.key}
        project={project}
        threadId={thread}
        initialPrompt={prompt}
        onCreated={(id) => setIdentity((old) => ({ ...old, made: id }))}
        listButton={
          <Button size="sm" variant="ghost" className="md:hidden" onClick={() => setListOpen(true)}>
            <PanelLeft size={15} aria-hidden /> Threads
          </Button>
        }
      />
    </div>
  );
}
