import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { formatQuantity, visibleName } from '../../model/format';
import {
  describeValue,
  findJson,
  hasClass,
  hintOf,
  isContainer,
  type Json,
  type JsonFound,
  type JsonLine,
  kindOf,
  listJson,
  MOST_MATCHES,
  openJson,
  parentOf,
  writeJson,
} from '../../model/json';
import { compileSearch } from '../../model/search';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import { uniformRows } from '../../ui/rows';
import { VirtualGrid } from '../../ui/VirtualGrid';

const ROW_PX = 22;
const MOST_ROWS = 24;
/** Lines that show at first, and after "unfold all". */
const FIRST_LINES = 60;
const MOST_LINES = 50_000;
/** Deeper lines stand no further to the right. */
const MOST_INDENT = 24;

/** A JSON document as a tree to unfold and search; `before` and `after` stand in its bar. */
export function JsonTree(props: {
  root: Json;
  label: string;
  before: ComponentChildren;
  after: ComponentChildren;
}) {
  const { root, label } = props;
  const search = useSearch(root);
  const usual = useSignal<ReadonlySet<string>>(openAtFirst(root));
  const open = search.found.value ? search.open : usual;
  const lines = useMemo(
    () => listJson(root, open.value, search.found.value),
    [root, open.value, search.found.value],
  );
  return (
    <>
      <div class="document-bar">
        {props.before}
        <SearchField search={search} label={label} />
        <span class="spring" />
        <button
          type="button"
          class="plain"
          onClick={() => {
            open.value = new Set(openJson(root, MOST_LINES));
          }}
        >
          Unfold all
        </button>
        <button
          type="button"
          class="plain"
          onClick={() => {
            open.value = openAtFirst(root);
          }}
        >
          Fold
        </button>
        {props.after}
      </div>
      {lines.length > 0 && <Tree label={label} lines={lines} open={open} />}
    </>
  );
}

/** Down to the objects that are named in a line: the layers of a model. */
function openAtFirst(root: Json): ReadonlySet<string> {
  return new Set(openJson(root, FIRST_LINES, hasClass));
}

/** What is searched for; its matches are unfolded apart from what a person unfolded before. */
function useSearch(root: Json) {
  const text = useSignal('');
  const found = useSignal<JsonFound | undefined>(undefined);
  const open = useSignal<ReadonlySet<string>>(new Set());
  const find = (wanted: string) => {
    const match = compileSearch(wanted);
    text.value = wanted;
    found.value = wanted.trim() && typeof match !== 'string' ? findJson(root, match) : undefined;
    open.value = found.value?.above ?? new Set();
  };
  return { text, found, open, find };
}

function SearchField({ search, label }: { search: ReturnType<typeof useSearch>; label: string }) {
  const problem = compileSearch(search.text.value);
  const matches = search.found.value?.matches;
  return (
    <>
      <input
        class="field narrow"
        type="search"
        placeholder="Search"
        aria-label={`Search ${label}`}
        aria-invalid={typeof problem === 'string' ? 'true' : undefined}
        title={typeof problem === 'string' ? problem : undefined}
        value={search.text.value}
        onInput={(event) => search.find(event.currentTarget.value)}
      />
      {matches !== undefined && (
        <span class="muted" role="status">
          {matches < MOST_MATCHES ? '' : 'the first '}
          {formatQuantity(matches, 'match', 'matches')}
        </span>
      )}
    </>
  );
}

function Tree(props: {
  label: string;
  lines: readonly JsonLine[];
  open: Signal<ReadonlySet<string>>;
}) {
  const { lines, open } = props;
  const active = useSignal('-');
  const at = lines.findIndex((line) => line.path === active.value);
  const toggle = (line: JsonLine | undefined) => {
    if (!line || !isContainer(line.value)) return;
    const next = new Set(open.value);
    if (!next.delete(line.path)) next.add(line.path);
    open.value = next;
  };
  return (
    <div
      class="tree-box json"
      style={{ height: `${Math.min(lines.length, MOST_ROWS) * ROW_PX + 2}px` }}
    >
      <VirtualGrid
        role="tree"
        label={props.label}
        rows={uniformRows(lines.length, ROW_PX)}
        active={at}
        onActive={(index) => {
          active.value = lines[index]?.path ?? '';
        }}
        onOpen={(index) => toggle(lines[index])}
        onKey={(event) => {
          const line = lines[at];
          if (!line || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return false;
          const right = event.key === 'ArrowRight';
          if (isContainer(line.value) && line.open !== right) toggle(line);
          else if (right) active.value = lines[at + 1]?.path ?? line.path;
          else active.value = parentOf(line.path) ?? line.path;
          return true;
        }}
        rowKey={(index) => lines[index]?.path ?? ''}
        rowProps={(index) => treeProps(lines[index])}
      >
        {(index) => <Line line={lines[index]} isActive={index === at} />}
      </VirtualGrid>
    </div>
  );
}

function treeProps(line: JsonLine | undefined) {
  if (!line) return {};
  return {
    'aria-level': line.depth + 1,
    'aria-posinset': line.position,
    'aria-setsize': line.siblings,
    ...(isContainer(line.value) ? { 'aria-expanded': line.open } : {}),
  };
}

function Line({ line, isActive }: { line: JsonLine | undefined; isActive: boolean }) {
  if (!line) return null;
  const { name, value, depth, open } = line;
  const hint = hintOf(value);
  return (
    <div class="json-line" style={{ paddingLeft: `${Math.min(depth, MOST_INDENT) * 16}px` }}>
      <span class={`twisty ${open ? 'open' : ''}`}>
        {isContainer(value) && <Icon name="right" />}
      </span>
      {name !== undefined && <span class="json-name">{visibleName(name)}</span>}
      <span class={`json-value ${kindOf(value)}`}>
        {describeValue(value)}
        {hint && <span class="muted"> {hint}</span>}
      </span>
      {isActive && (
        <CopyButton text={() => writeJson(value)} label="Copy this value" class="small" />
      )}
    </div>
  );
}
