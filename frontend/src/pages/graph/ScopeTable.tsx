import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { MEASURES, type Measure } from '../../graph/summary';
import { at } from '../../graph/wire';
import {
  formatBytes,
  formatCount,
  formatExactBytes,
  formatQuantity,
  formatShort,
  visibleName,
} from '../../model/format';
import { formatShare } from '../../model/numbers';
import { foldByKey, openAtFirst, type TreeLine, treeAria, unfold } from '../../model/tree';
import { readSort } from '../../routes';
import { go, route } from '../../state';
import { Icon } from '../../ui/Icon';
import { uniformRows } from '../../ui/rows';
import { type Column, VirtualGrid } from '../../ui/VirtualGrid';
import { ViewLink } from '../parts';
import type { Scope, ScopeSort, ScopeTree } from './scopes';

const ROW_PX = 28;

type Line = TreeLine<Scope>;

/** In the order in which they stand; a share has a bar. */
const COLUMNS: readonly (Column & { id: Measure; px: number })[] = [
  { id: 'parameters', title: 'Parameters', right: true, px: 150 },
  { id: 'nbytes', title: 'Size', right: true, px: 96 },
  { id: 'flops', title: 'FLOPs', right: true, px: 150 },
  { id: 'unknown', title: 'Unknown', right: true, px: 92 },
  { id: 'nodes', title: 'Nodes', right: true, px: 84 },
];
const LAYER_COLUMNS = COLUMNS.filter(({ id }) => id !== 'flops' && id !== 'unknown').map(
  (column) => (column.id === 'nodes' ? { ...column, title: 'Layers' } : column),
);
const SORTABLE = ['order', 'name', ...MEASURES] as const;
const USUAL: ScopeSort = { column: 'order', descending: false };

/** Scopes as a tree, each with the sums of what is in it. */
export function ScopeTable({ tree }: { tree: ScopeTree }) {
  const { isLayers } = tree.summary;
  const sort = readSort(route.value.sort, SORTABLE, USUAL);
  const top = useMemo(
    () => tree.scopes(0, sort as ScopeSort),
    [tree, sort.column, sort.descending],
  );
  const first = useMemo(() => openAtFirst(top, 40), [top]);
  const toggled = useSignal<ReadonlySet<string>>(new Set());
  const lines = useMemo(
    () => unfold(top, (scope) => first.has(scope.path) !== toggled.value.has(scope.path)),
    [top, first, toggled.value],
  );
  const active = useSignal(-1);
  const at = lines.findIndex(({ node }) => node.place === active.value);
  if (!lines.length) {
    return (
      <div class="empty">
        <p>Nothing here has parameters or takes operations.</p>
      </div>
    );
  }
  const toggle = ({ node }: Line) => {
    const next = new Set(toggled.value);
    if (!next.delete(node.path)) next.add(node.path);
    toggled.value = next;
  };
  const activate = (row: number) => {
    active.value = lines[row]?.node.place ?? -1;
  };
  const columns = (isLayers ? LAYER_COLUMNS : COLUMNS).filter(
    ({ id }) => id !== 'unknown' || tree.summary.unknown[0],
  );
  const template = ['minmax(220px, 760px)', ...columns.map(({ px }) => `${px}px`)].join(' ');
  return (
    <VirtualGrid
      role="treegrid"
      label={isLayers ? 'Layers' : 'Scopes'}
      memory="graph summary"
      class="summary-grid"
      rows={uniformRows(lines.length, ROW_PX)}
      columns={[{ id: 'name', title: isLayers ? 'Layer' : 'Scope' }, ...columns]}
      template={template}
      minWidth={252 + columns.reduce((sum, { px }) => sum + px, 0)}
      sorting={sort}
      onSort={(column) => go({ sort: nextSort(sort, column) }, { replace: true })}
      active={at}
      onActive={activate}
      onOpen={(row, event) => {
        const line = lines[row];
        if (!line) return;
        if (event instanceof KeyboardEvent) go(pictureOf(tree, line.node.place));
        else if (line.node.row < 0) toggle(line);
      }}
      onKey={(event) => {
        const to = foldByKey(event.key, lines, at, toggle);
        if (to !== undefined) activate(to);
        return to !== undefined;
      }}
      rowKey={(row) => String(lines[row]?.node.place ?? '')}
      rowProps={(row) => treeAria(lines[row])}
    >
      {(row) => {
        const line = lines[row];
        return line ? <Cells tree={tree} line={line} columns={columns} /> : null;
      }}
    </VirtualGrid>
  );
}

/** Where the picture shows a row. */
export function pictureOf(tree: ScopeTree, row: number) {
  return { view: '', part: '', sort: '', metric: '', scope: '', node: tree.path(row) };
}

/** Much first, then little first, then as in the file. */
function nextSort(sort: { column: string; descending: boolean }, column: string): string {
  const muchFirst = column !== 'name';
  if (sort.column !== column) return `${muchFirst ? '-' : ''}${column}`;
  return sort.descending === muchFirst ? `${muchFirst ? '' : '-'}${column}` : '';
}

interface CellsProps {
  tree: ScopeTree;
  line: Line;
  columns: readonly { id: Measure }[];
}

function Cells({ tree, line, columns }: CellsProps) {
  const { node, depth, open } = line;
  const { id, graph, colour } = route.value;
  const label = visibleName(node.label);
  const op = tree.summary.op[node.place] ?? '';
  const isTold = label.replace(/_\d+$/, '').split('/').pop() === op;
  return (
    <div class="cells">
      <span role="gridcell" class="name-cell" style={{ paddingLeft: `${depth * 16 + 4}px` }}>
        <span class={`twisty ${open ? 'open' : ''}`}>{node.row < 0 && <Icon name="right" />}</span>
        <ViewLink
          to={{ page: 'graph', id, graph, colour, node: tree.path(node.place) }}
          class="summary-name"
          title={`${visibleName(tree.path(node.place))}: show it in the picture`}
          tabIndex={-1}
        >
          {label}
        </ViewLink>
        {!isTold && <span class="muted summary-op">{visibleName(op)}</span>}
      </span>
      {columns.map((column) => (
        <Sum key={column.id} tree={tree} row={node.place} id={column.id} />
      ))}
    </div>
  );
}

function Sum({ tree, row, id }: { tree: ScopeTree; row: number; id: Measure }) {
  const { summary } = tree;
  const [value, whole] = [at(summary[id], row), at(summary[id], 0)];
  const lost = id === 'flops' && !value && at(summary.unknown, row) > 0;
  const share = whole ? value / whole : 0;
  const hasBar = (id === 'parameters' || id === 'flops') && value > 0;
  return (
    <span role="gridcell" class="number" title={titleOf(id, value, share)}>
      {hasBar && (
        <span class="share-bar">
          <i style={{ width: `${Math.max(2, share * 100)}%` }} />
        </span>
      )}
      <span class={value || lost ? '' : 'muted'}>{lost ? 'unknown' : wordOf(id, value)}</span>
    </span>
  );
}

function wordOf(id: Measure, value: number): string {
  if (!value) return id === 'unknown' ? '' : '0';
  if (id === 'nbytes') return formatBytes(value);
  return id === 'nodes' || id === 'unknown' ? formatCount(value) : formatShort(value);
}

function titleOf(id: Measure, value: number, share: number): string {
  const part = value ? `, ${formatShare(share)}` : '';
  if (id === 'nbytes') return `${formatExactBytes(value)}${part}`;
  if (id === 'unknown') return `Operations unknown for ${formatQuantity(value, 'node')}`;
  return `${formatCount(value)}${part}`;
}
