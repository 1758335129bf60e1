import type {ComponentChildren} from 'preact';
import {useEffect, useId, useLayoutEffect, useReducer, useRef} from 'preact/hooks';

import {integer} from '../format';
import {KeysetWindow, type Keyed, type Source} from './keyset_window';
import {ErrorNotice} from './parts';

interface Properties<T extends Keyed> {
  label: string;
  /** Another source starts anew. */
  source: Source<T>;
  rowHeight: number;
  selected: string;
  onSelect: (row: T) => void;
  render: (row: T) => ComponentChildren;
  empty: ComponentChildren;
}

export function rowKey(row: Keyed): string {
  return `${row.item_ordinal}.${row.sample_index}`;
}

export function VirtualList<T extends Keyed>({label, source, rowHeight, selected, onSelect, render, empty}: Properties<T>) {
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<KeysetWindow<T> | undefined>(undefined);
  const id = useId();
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);

  useEffect(() => {
    const opened = new KeysetWindow(source, rowHeight, () => redraw());
    list.current = opened;
    opened.onScroll(box.current!.scrollTop, box.current!.clientHeight);
    const start = selected === '' ? NaN : Number(selected.split('.')[0]);
    // A few rows of what comes before.
    opened.open(Number.isNaN(start) || start - 3 <= source.first ? undefined : start - 3);
    redraw();
    const resized = new ResizeObserver(() => {
      opened.onScroll(box.current!.scrollTop, box.current!.clientHeight);
      redraw();
    });
    resized.observe(box.current!);
    return () => {
      resized.disconnect();
      opened.close();
    };
  }, [source, rowHeight]);

  useLayoutEffect(() => {
    const shift = list.current?.takeShift() ?? 0;
    if (shift !== 0) box.current!.scrollTop += shift;
  });

  const window = list.current;
  const rows = window?.rows ?? [];
  const scroll = box.current?.scrollTop ?? 0;
  const viewport = box.current?.clientHeight ?? 0;
  const top = window?.top ?? 0;
  const overscan = 6;
  const from = Math.max(0, Math.floor((scroll - top) / rowHeight) - overscan);
  const to = Math.min(rows.length, Math.ceil((scroll + viewport - top) / rowHeight) + overscan);
  const selectedIndex = rows.findIndex((row) => rowKey(row) === selected);

  const select = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    onSelect(row);
    const y = top + rows.indexOf(row) * rowHeight;
    const element = box.current!;
    if (y < element.scrollTop) element.scrollTop = y;
    if (y + rowHeight > element.scrollTop + element.clientHeight) element.scrollTop = y + rowHeight - element.clientHeight;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(viewport / rowHeight) - 1);
    const visible = Math.max(0, Math.ceil((scroll - top) / rowHeight));
    const now = selectedIndex >= 0 ? selectedIndex : visible - 1;
    const steps: Record<string, number> = {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page};
    const step = steps[event.key];
    if (step !== undefined) {
      select(now + step);
    } else if (event.key === 'Home') {
      window?.open();
    } else if (event.key === 'End') {
      window?.toEnd();
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    <div class="list">
      <div class="list-box" ref={box} role="listbox" tabIndex={0} aria-label={label} aria-busy={window?.loading ?? true}
        aria-activedescendant={selectedIndex >= from && selectedIndex < to ? `${id}-${selected}` : undefined}
        onKeyDown={onKeyDown}
        onScroll={(event) => {
          window?.onScroll(event.currentTarget.scrollTop, event.currentTarget.clientHeight);
          redraw();
        }}>
        <div class="list-space" role="presentation" style={{height: `${window?.height ?? 0}px`}}>
          {rows.slice(from, to).map((row, index) => {
            const key = rowKey(row);
            return (
              <div key={key} id={`${id}-${key}`} role="option" class="row" aria-selected={key === selected}
                style={{transform: `translateY(${top + (from + index) * rowHeight}px)`, height: `${rowHeight}px`}}
                onClick={() => onSelect(row)}>
                {render(row)}
              </div>
            );
          })}
        </div>
      </div>
      <div class="list-state" role="status">
        {window?.loading && (window.searched > 0 && source.whole !== undefined ?
          `Searched ${integer(Math.min(window.searched, source.whole))} of ${integer(source.whole)}…` : 'Loading…')}
        {window && !window.loading && !window.error && rows.length === 0 && empty}
      </div>
      {window?.error && <ErrorNotice error={window.error} onRetry={() => window.retry()} />}
    </div>
  );
}
