/** The lazy editor of a prompt's content: Markdown with `{{variables}}` marked and completed. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { markdown } from '@codemirror/lang-markdown';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  Decoration,
  drawSelection,
  EditorView,
  keymap,
  placeholder,
  ViewPlugin,
  type DecorationSet,
  type ViewUpdate,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { parseTemplate, variableNames } from '@piper/shared/prompts-template';
import { useEffect, useRef } from 'react';

const variableMark = Decoration.mark({ class: 'cm-variable' });
const mistakeMark = Decoration.mark({ class: 'cm-mistake' });

function decorate({ state }: EditorView): DecorationSet {
  const marks = parseTemplate(state.doc.toString()).flatMap((piece) => {
    if (piece.kind === 'text') return [];
    return [(piece.kind === 'variable' ? variableMark : mistakeMark).range(piece.at, piece.at + piece.length)];
  });
  return Decoration.set(marks);
}

const highlightVariables = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = decorate(view);
    }
    update(update: ViewUpdate): void {
      if (update.docChanged) this.decorations = decorate(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** After `{{`: the names already used in this prompt. */
function completeVariable(context: CompletionContext): CompletionResult | null {
  const before = context.matchBefore(/\{\{\s*[\p{L}\p{N}_]*/u);
  if (!before) return null;
  const typed = /[\p{L}\p{N}_]*$/u.exec(before.text)?.[0] ?? '';
  const names = variableNames(context.state.doc.toString()).filter((name) => name !== typed);
  if (names.length === 0) return null;
  const closes = context.state.sliceDoc(context.pos, context.pos + 2) === '}}';
  return {
    from: context.pos - typed.length,
    options: names.map((name) => ({ label: name, type: 'variable', apply: closes ? name : `${name}}}` })),
  };
}

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '0.9rem', backgroundColor: 'transparent', color: 'var(--foreground)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "SF Mono", Menlo, "Liberation Mono", monospace', lineHeight: '1.65' },
  '.cm-content': { padding: '1rem 1.25rem', caretColor: 'var(--foreground)' },
  '.cm-cursor': { borderLeftColor: 'var(--foreground)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in oklab, var(--accent) 25%, transparent)',
  },
  '.cm-placeholder': { color: 'var(--muted)' },
  '.cm-variable': {
    borderRadius: '4px',
    background: 'var(--accent-soft)',
    color: 'var(--accent-soft-foreground)',
    padding: '1px 1px',
  },
  '.cm-mistake': { textDecoration: 'underline wavy var(--danger)' },
  '.cm-tooltip': {
    border: '1px solid var(--border)',
    borderRadius: '8px',
    background: 'var(--overlay)',
    color: 'var(--foreground)',
    overflow: 'hidden',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--default)', color: 'var(--foreground)' },
});

const colours = HighlightStyle.define([
  { tag: tags.heading, fontWeight: '600' },
  { tag: tags.strong, fontWeight: '700' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: [tags.monospace, tags.processingInstruction, tags.meta], color: 'var(--muted)' },
  { tag: [tags.link, tags.url], color: 'var(--accent-soft-foreground)' },
]);

function extensions(label: string): Extension[] {
  return [
    history(),
    drawSelection(),
    closeBrackets(),
    EditorView.lineWrapping,
    markdown(),
    syntaxHighlighting(colours),
    highlightVariables,
    autocompletion({ override: [completeVariable], icons: false }),
    // Tab stays the key that leaves the editor: nobody must be caught in it.
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
    placeholder('You are …'),
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'true' }),
    look,
  ];
}

interface PromptEditorProps {
  label: string;
  value: string;
  isReadOnly: boolean;
  onChange: (value: string) => void;
}

// oxlint-disable-next-line import/no-default-export -- React.lazy reads the default export
export default function PromptEditor({ label, value, isReadOnly, onChange }: PromptEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(onChange);
  const access = useRef(new Compartment());

  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    if (!host.current) return;
    const tell = EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current(update.state.doc.toString());
    });
    const state = EditorState.create({
      doc: value,
      extensions: [...extensions(label), tell, access.current.of(EditorState.readOnly.of(isReadOnly))],
    });
    const created = new EditorView({ state, parent: host.current });
    view.current = created;
    return () => created.destroy();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- made once; the effects below bring later values in
  }, [label]);
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value)
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    view.current?.dispatch({ effects: access.current.reconfigure(EditorState.readOnly.of(isReadOnly)) });
  }, [isReadOnly]);

  return <div ref={host} className="h-full" />;
}
