/** A table of any length: windowed rows, sorted by its headings, walked through with the keyboard. Enter opens a row. */
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

export interface Column<T> {
  key: string;
  label: string;
  isSortable: boolean;
  /** Numbers stand below one another by their ends. */
  isNumber?: boolean;
  /** As in CSS grid: `minmax(8rem, 2fr)`. */
  width: string;
  /** Only in the row the keyboard is in are buttons to be reached with Tab. */
  render: (row: T, isActive: boolean) => ReactNode;
}

interface DataTableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  /** How many there are in all, when that is known. */
  total: number | undefined;
  keyOf: (row: T) => string;
  /** `name` or `-name`. */
  sort: string;
  onSort: (sort: string) => void;
  onOpen: (row: T) => void;
  /** Asked when the end comes into sight, and again when `isReading` is over. */
  onEndReached: () => void;
  isReading: boolean;
  /** Below the last row. */
  footer?: ReactNode;
}

const rowHeight = 40;

export function DataTable<T>(props: DataTableProps<T>) {
  'use no memo'; // The virtualizer changes without its identity changing; memoized output would go stale.
  const { label, columns, rows, total, keyOf, sort, onSort, onOpen, onEndReached, isReading, footer } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [chosen, setActive] = useState(0);
  const active = Math.max(0, Math.min(chosen, rows.length - 1));
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: rowHeight,
    // The active row is always there, or the keyboard could not come back once it was scrolled away.
    rangeExtractor: (range) => {
      const near = defaultRangeExtractor(range);
      return active >= range.count || near.includes(active) ? near : [...near, active].toSorted((a, b) => a - b);
    },
  });
  const items = virtualizer.getVirtualItems();
  const lastShown = virtualizer.range?.endIndex ?? 0;

  useEffect(() => {
    if (rows.length > 0 && !isReading && lastShown >= rows.length - 20) onEndReached();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- asked when what is shown changes, not when the callback does
  }, [lastShown, rows.length, isReading]);

  const focusRow = (index: number): void => {
    const next = Math.max(0, Math.min(index, rows.length - 1));
    setActive(next);
    virtualizer.scrollToIndex(next);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 400) / rowHeight) - 2);
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      j: active + 1,
      ArrowUp: active - 1,
      k: active - 1,
      Home: 0,
      End: rows.length - 1,
      PageDown: active + page,
      PageUp: active - page,
    };
    const row = rows[active];
    const isIn = (selector: string): boolean => event.target instanceof HTMLElement && event.target.closest(selector) !== null;
    if (isIn('[role=columnheader]')) return;
    const target = event.metaKey || event.ctrlKey || event.altKey ? undefined : steps[event.key];
    if (target !== undefined) focusRow(target);
    else if (event.key === 'Enter' && row && !isIn('button')) onOpen(row);
    else return;
    event.preventDefault();
  };
  const template = columns.map(({ width }) => width).join(' ');
  return (
    <div ref={scroller} className="relative min-h-0 flex-1 overflow-auto">
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- because its rows take the focus, one at a time */}
      <div
        role="grid"
        aria-label={label}
        aria-rowcount={(total ?? rows.length) + 1}
        onKeyDown={onKeyDown}
        className="min-w-max text-[0.8438rem]"
      >
        <div
          role="row"
          aria-rowindex={1}
          className="sticky top-0 z-10 grid border-b border-separator bg-background"
          style={{ gridTemplateColumns: template, height: rowHeight }}
        >
          {columns.map((column) => (
            <HeaderCell key={column.key} column={column} sort={sort} onSort={onSort} />
          ))}
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- because the grid hears Enter for its rows
              <div
                key={keyOf(row)}
                role="row"
                data-row={item.index}
                aria-rowindex={item.index + 2}
                tabIndex={item.index === active ? 0 : -1}
                onFocus={() => setActive(item.index)}
                onClick={({ target }) => (target instanceof Element && target.closest('button') ? undefined : onOpen(row))}
                className={`absolute inset-x-0 top-0 grid cursor-pointer border-b border-separator hover:bg-surface-secondary focus-visible:bg-accent-soft focus-visible:-outline-offset-2`}
                style={{ gridTemplateColumns: template, height: rowHeight, transform: `translateY(${item.start - rowHeight}px)` }}
              >
                {columns.map((column) => (
                  <div
                    key={column.key}
                    role="gridcell"
                    className={`flex min-w-0 items-center overflow-hidden px-3 whitespace-nowrap ${endOf(column)}`}
                  >
                    {column.render(row, item.index === active)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {footer}
    </div>
  );
}

const endOf = ({ isNumber }: Pick<Column<unknown>, 'isNumber'>): string => (isNumber ? 'justify-end' : '');

function HeaderCell<T>({ column, sort, onSort }: { column: Column<T>; sort: string; onSort: (sort: string) => void }) {
  const direction = sort === column.key ? 'ascending' : sort === `-${column.key}` ? 'descending' : undefined;
  const Arrow = direction === 'ascending' ? ArrowUp : ArrowDown;
  return (
    <div
      role="columnheader"
      aria-sort={direction ?? (column.isSortable ? 'none' : undefined)}
      className={`flex min-w-0 items-center text-xs font-medium text-muted ${endOf(column)}`}
    >
      {column.isSortable ? (
        <button
          type="button"
          onClick={() => onSort(direction === 'ascending' ? `-${column.key}` : column.key)}
          className={`flex h-full w-full min-w-0 items-center gap-1 px-3 hover:text-foreground focus-visible:-outline-offset-2 ${endOf(column)}`}
        >
          <span className="truncate">{column.label}</span>
          {direction ? <Arrow size={12} aria-hidden /> : null}
        </button>
      ) : (
        <span className="truncate px-3">{column.label}</span>
      )}
    </div>
  );
}
