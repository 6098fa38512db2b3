/** Two versions of a content as one text, with what was taken out and what was put in. Loads with the editor's library. */
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';

const look = EditorView.theme({
  '&': { fontSize: '0.85rem', backgroundColor: 'transparent', color: 'var(--foreground)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace', lineHeight: '1.65' },
  '.cm-content': { padding: '1rem 1.25rem' },
  '.cm-changedLine': { backgroundColor: 'var(--success-soft) !important' },
  '.cm-changedText': { background: 'color-mix(in oklab, var(--success) 30%, transparent) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--danger-soft)', color: 'var(--danger-soft-foreground)' },
  '.cm-deletedChunk .cm-deletedText': { background: 'color-mix(in oklab, var(--danger) 28%, transparent)' },
});

interface PromptDiffProps {
  label: string;
  before: string | undefined;
  after: string;
}

// oxlint-disable-next-line import/no-default-export -- React.lazy reads the default export
export default function PromptDiff({ label, before, after }: PromptDiffProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const compare =
      before === undefined
        ? []
        : [
            unifiedMergeView({
              original: before,
              mergeControls: false,
              gutter: false,
              collapseUnchanged: { margin: 3, minSize: 6 },
            }),
          ];
    const extensions = [
      look,
      EditorView.lineWrapping,
      EditorState.readOnly.of(true),
      EditorView.contentAttributes.of({ 'aria-label': label }),
      ...compare,
    ];
    const view = new EditorView({ state: EditorState.create({ doc: after, extensions }), parent: host.current });
    return () => view.destroy();
  }, [label, before, after]);
  return (
    <>
      {before === after ? (
        <p className="px-5 pt-4 text-[0.8125rem] text-muted">The content is the same; only settings or variables differ.</p>
      ) : null}
      <div ref={host} />
    </>
  );
}
