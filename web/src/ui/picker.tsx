/** Search and choose from a list with the keyboard: the command palette, the choice of an AI model or a prompt. */
import { Search } from 'lucide-react';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { matchItems, type PickerItem } from './match-items.ts';
import { NativeDialog } from './native-dialog.tsx';

export type { PickerItem };

interface PickerProps {
  label: string;
  isOpen: boolean;
  onClose: () => void;
  items: readonly PickerItem[];
  /** Told what is typed, for searching beyond the given items. */
  onSearch?: (text: string) => void;
  /** Shown when nothing matches. */
  empty?: string;
}

export function Picker(props: PickerProps) {
  return (
    <NativeDialog
      label={props.label}
      isOpen={props.isOpen}
      onClose={props.onClose}
      className="mx-auto mt-[12vh] mb-auto w-[min(36rem,calc(100vw-1.5rem))] overflow-hidden rounded-xl border border-border bg-overlay p-0 text-foreground shadow-overlay"
    >
      <PickerBody {...props} />
    </NativeDialog>
  );
}

function PickerBody({ label, onClose, items, onSearch, empty = 'Nothing matches.' }: PickerProps) {
  const [text, setText] = useState('');
  const [position, setPosition] = useState(0);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const shown = matchItems(items, text).slice(0, 100);
  const active = Math.min(position, Math.max(0, shown.length - 1));

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active, text]);

  const choose = (item: PickerItem | undefined): void => {
    if (!item) return;
    onClose();
    item.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length > 0) setPosition((active + step + shown.length) % shown.length);
    else if (event.key === 'Home') setPosition(0);
    else if (event.key === 'End') setPosition(shown.length - 1);
    else if (event.key === 'Enter' && !event.nativeEvent.isComposing) choose(shown[active]);
    else return;
    event.preventDefault();
  };

  return (
    <div className="flex max-h-[min(30rem,70vh)] flex-col">
      <div className="flex items-center gap-2.5 border-b border-separator px-4">
        <Search size={16} className="text-muted" aria-hidden />
        <input
          autoFocus
          role="combobox"
          aria-label={label}
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={shown[active] ? `${listId}-${active}` : undefined}
          placeholder={label}
          value={text}
          onKeyDown={onKeyDown}
          onChange={(event) => {
            setText(event.target.value);
            setPosition(0);
            onSearch?.(event.target.value);
          }}
          className="h-12 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-muted"
        />
      </div>
      <div ref={list} id={listId} role="listbox" aria-label={label} tabIndex={-1} className="overflow-y-auto p-1.5">
        {shown.map((item, index) => (
          <PickerRow
            key={item.id}
            {...{ item, id: `${listId}-${index}`, isActive: index === active }}
            group={item.group === shown[index - 1]?.group ? undefined : item.group}
            onChoose={() => choose(item)}
            onHover={() => setPosition(index)}
          />
        ))}
      </div>
      {shown.length === 0 ? (
        <p role="status" className="px-4 pb-5 text-center text-sm text-muted">
          {empty}
        </p>
      ) : null}
    </div>
  );
}

interface RowProps {
  item: PickerItem;
  id: string;
  isActive: boolean;
  group: string | undefined;
  onChoose: () => void;
  onHover: () => void;
}

function PickerRow({ item, id, isActive, group, onChoose, onHover }: RowProps) {
  const Icon = item.icon;
  return (
    <>
      {group ? (
        <div role="presentation" className="px-2.5 pt-2.5 pb-1 text-xs font-medium text-muted">
          {group}
        </div>
      ) : null}
      {/* The keyboard works through the search field, which keeps the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- because the keyboard has its own way, see above */}
      <div
        id={id}
        role="option"
        tabIndex={-1}
        aria-selected={isActive}
        onClick={onChoose}
        onMouseMove={onHover}
        className={`flex cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-2 text-sm ${isActive ? 'bg-default' : ''}`}
      >
        {Icon ? <Icon size={16} className="shrink-0 text-muted" aria-hidden /> : null}
        <span className="min-w-0 flex-1 truncate">{item.label}</span>
        {item.hint ? <span className="max-w-[45%] truncate text-xs text-muted">{item.hint}</span> : null}
        {item.isSelected ? <span className="text-xs font-medium text-accent-soft-foreground">chosen</span> : null}
      </div>
    </>
  );
}
