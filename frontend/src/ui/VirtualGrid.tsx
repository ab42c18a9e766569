import { useSignal } from '@preact/signals';
import type { ComponentChildren, HTMLAttributes } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from './Icon';
import { type Rows, scrollToShow, visibleRows } from './rows';

export interface Column {
  id: string;
  title: string;
  right?: boolean;
  /** Nothing that rows could be sorted by. */
  fixed?: boolean;
}

export interface Sorting {
  column: string;
  descending: boolean;
}

export interface GridProps {
  role: 'grid' | 'treegrid' | 'tree';
  label: string;
  rows: Rows;
  columns?: readonly Column[];
  /** `grid-template-columns` of head and rows. */
  template?: string;
  /** Narrower than this the grid scrolls sideways. */
  minWidth?: number;
  sorting?: Sorting;
  onSort?: (column: string) => void;
  /** Row that the keyboard is on, or -1. */
  active: number;
  onActive: (row: number) => void;
  onOpen: (row: number, event: MouseEvent | KeyboardEvent) => void;
  /** Whether the grid's owner took a key. */
  onKey?: (event: KeyboardEvent) => boolean;
  rowKey: (row: number) => string;
  rowProps?: (row: number) => HTMLAttributes<HTMLDivElement>;
  children: (row: number) => ComponentChildren;
  /** Told which rows are drawn, `[first, last)`, whenever that changes. */
  onDrawn?: (first: number, last: number) => void;
  /** Name under which the scroll position is remembered. */
  memory?: string;
  class?: string;
}

const HEAD_PX = 31;
const SCROLLS = new Map<string, number>();
let grids = 0;

/**
 * A list of any length of which only the visible rows exist.
 *
 * One stop for Tab: the arrow keys move the active row, which `aria-activedescendant` names.
 */
export function VirtualGrid(props: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const id = useRef('');
  id.current ||= `grid${++grids}`;
  const scroll = useSignal(0);
  const viewport = useSignal(0);
  const head = props.columns ? HEAD_PX : 0;
  useViewport(box, viewport, head);
  useScrollMemory(box, scroll, props.memory);
  useShowActive(box, props, head, viewport.value);
  const { first, last } = visibleRows(props.rows, scroll.value, viewport.value || 600);
  useEffect(() => props.onDrawn?.(first, last), [first, last, props.onDrawn]);
  const drawn = [];
  for (let row = first; row < last; row++) {
    drawn.push(<GridRow key={props.rowKey(row)} props={props} row={row} id={id.current} />);
  }
  const shownRow =
    props.active >= first && props.active < last ? `${id.current}-${props.active}` : undefined;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its role comes with the props.
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the same.
    <div
      ref={box}
      class={`grid ${props.class ?? ''}`}
      role={props.role}
      aria-label={props.label}
      {...(props.role === 'tree' ? {} : { 'aria-rowcount': props.rows.count + (head ? 1 : 0) })}
      aria-activedescendant={shownRow}
      tabIndex={0}
      style={{ '--columns': props.template, '--min-width': `${props.minWidth ?? 0}px` }}
      onScroll={(event) => {
        scroll.value = event.currentTarget.scrollTop;
      }}
      onFocus={(event) => startByKey(event, props)}
      onKeyDown={(event) => moveByKey(event, props, viewport.value)}
    >
      {props.columns && <Head columns={props.columns} props={props} />}
      <div
        class="grid-body"
        role={props.role === 'tree' ? 'presentation' : 'rowgroup'}
        style={{ height: `${props.rows.height}px` }}
      >
        {drawn}
      </div>
    </div>
  );
}

function GridRow({ props, row, id }: { props: GridProps; row: number; id: string }) {
  const { rows } = props;
  const top = rows.top(row);
  const bottom = row + 1 < rows.count ? rows.top(row + 1) : rows.height;
  const { class: extra, ...own } = props.rowProps?.(row) ?? {};
  const place = props.role === 'tree' ? {} : { 'aria-rowindex': row + (props.columns ? 2 : 1) };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys.
    // biome-ignore lint/a11y/noStaticElementInteractions: its role comes with the props.
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the same.
    <div
      id={`${id}-${row}`}
      role={props.role === 'tree' ? 'treeitem' : 'row'}
      {...place}
      aria-selected={row === props.active}
      class={`grid-row ${row === props.active ? 'active' : ''} ${extra ?? ''}`}
      style={{ top: `${top}px`, height: `${bottom - top}px` }}
      onClick={(event) => {
        props.onActive(row);
        props.onOpen(row, event);
      }}
      {...own}
    >
      {props.children(row)}
    </div>
  );
}

function Head({ columns, props }: { columns: readonly Column[]; props: GridProps }) {
  return (
    <div class="grid-head" role="rowgroup">
      <div role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <HeadCell key={column.id} column={column} props={props} />
        ))}
      </div>
    </div>
  );
}

function HeadCell({ column, props }: { column: Column; props: GridProps }) {
  const sorted = props.sorting?.column === column.id;
  const down = props.sorting?.descending;
  return (
    <div
      role="columnheader"
      class={column.right ? 'right' : ''}
      aria-sort={sorted ? (down ? 'descending' : 'ascending') : undefined}
    >
      {column.fixed ? (
        <span class="head-word">{column.title}</span>
      ) : (
        <button
          type="button"
          onClick={() => props.onSort?.(column.id)}
          title={`Sort by ${column.title}`}
        >
          {column.title}
          {sorted && <Icon name={down ? 'down' : 'up'} />}
        </button>
      )}
    </div>
  );
}

type Box = { current: HTMLDivElement | null };

function useViewport(box: Box, viewport: { value: number }, head: number) {
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => {
      if (element.clientHeight) viewport.value = element.clientHeight - head;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, viewport, head]);
}

function useScrollMemory(box: Box, scroll: { value: number }, memory: string | undefined) {
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || !memory) return;
    element.scrollTop = SCROLLS.get(memory) ?? 0;
    scroll.value = element.scrollTop;
    const remember = () => SCROLLS.set(memory, element.scrollTop);
    element.addEventListener('scroll', remember, { passive: true });
    return () => element.removeEventListener('scroll', remember);
  }, [box, scroll, memory]);
}

/**
 * Scrolls when the active row changes, not when rows come or go around it; and where there is less
 * room than before, if it was in sight.
 */
function useShowActive(box: Box, props: GridProps, head: number, viewport: number) {
  const { active, rows } = props;
  const key = active >= 0 && active < rows.count ? props.rowKey(active) : '';
  const last = useRef({ key: '', viewport: 0 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || !key || !element.clientHeight) return;
    const { scrollTop } = element;
    const wasInSight = scrollToShow(rows, active, scrollTop, last.current.viewport) === scrollTop;
    if (key !== last.current.key || wasInSight) {
      element.scrollTop = scrollToShow(rows, active, scrollTop, element.clientHeight - head);
    }
    last.current = { key, viewport };
  }, [key, viewport]);
}

/** The active row shows where the focus is, so there must be one: the first in view. */
function startByKey(event: FocusEvent, props: GridProps) {
  const box = event.currentTarget as HTMLElement;
  if (event.target !== box || props.active >= 0 || !props.rows.count) return;
  if (box.matches(':focus-visible')) props.onActive(props.rows.at(box.scrollTop));
}

function moveByKey(event: KeyboardEvent, props: GridProps, viewport: number) {
  if (event.target !== event.currentTarget || event.altKey || event.metaKey) return;
  if (props.onKey?.(event)) return event.preventDefault();
  const { rows, active } = props;
  if (event.key === 'Enter' && active >= 0) {
    event.preventDefault();
    return props.onOpen(active, event);
  }
  const page = Math.max(1, rows.at(viewport) - 1);
  const moves: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: rows.count - 1,
  };
  const to = moves[event.key];
  if (to === undefined || !rows.count) return;
  event.preventDefault();
  props.onActive(Math.max(0, Math.min(to, rows.count - 1)));
}

/** Puts the keyboard into the grid inside `within`, as from a search field with the down arrow. */
export function focusGrid(within: Element | null | undefined) {
  within?.querySelector<HTMLElement>('.grid')?.focus();
}
