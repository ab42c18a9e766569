import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { DiffPayload } from '../../api/types';
import { type PairColumn, type PairSort, type PairTable, WORDS } from '../../model/diff';
import { formatCount, formatQuantity, formatShape, visibleName } from '../../model/format';
import { formatNumber, formatShare } from '../../model/numbers';
import {
  buildTree,
  foldByKey,
  openAtFirst,
  type TreeLine,
  type TreeNode,
  treeAria,
  unfold,
} from '../../model/tree';
import { go } from '../../state';
import { Icon } from '../../ui/Icon';
import { uniformRows } from '../../ui/rows';
import { type Column, VirtualGrid } from '../../ui/VirtualGrid';
import { Name } from '../parts';

const ROW_PX = 28;
/** Before the path of a branch, in the key of a line. */
export const BRANCH = 'branch:';
const NAME_PX = 220;
const PADDING_PX = 32;

interface Sized extends Column {
  px: number;
  /** The lowest goes last where there is little room. */
  rank: number;
}

const COLUMNS: readonly Sized[] = [
  { id: 'state', title: 'Differs', px: 172, rank: 0 },
  { id: 'type', title: 'Type', fixed: true, px: 160, rank: 4 },
  { id: 'differing', title: 'Elements', right: true, px: 80, rank: 3 },
  { id: 'relative_l2', title: 'Rel. L2', right: true, px: 84, rank: 1 },
  { id: 'max_abs', title: 'Max |Δ|', right: true, px: 84, rank: 2 },
  { id: 'mean_abs', title: 'Mean |Δ|', right: true, px: 88, rank: 6 },
  { id: 'cosine', title: 'Cosine', right: true, px: 84, rank: 5 },
];

/** What a number is, in full. */
export const MEANS: Record<string, string> = {
  differing: 'Share of the elements that differ',
  relative_l2: 'Norm of the difference, relative to that of the tensor before',
  max_abs: 'Largest absolute difference',
  mean_abs: 'Mean absolute difference, equal elements included',
  cosine: 'Cosine of the angle between both',
};

function layOut(width: number) {
  let room = width - NAME_PX - PADDING_PX;
  const fitting = new Set<string>();
  for (const { id, px } of [...COLUMNS].sort((a, b) => a.rank - b.rank)) {
    room -= px;
    if (room < 0 && fitting.size) break;
    fitting.add(id);
  }
  const shown = COLUMNS.filter(({ id }) => fitting.has(id));
  const sum = shown.reduce((total, { px }) => total + px, 0);
  return {
    columns: [{ id: 'name', title: 'Name' }, ...shown] as readonly Column[],
    template: `minmax(${NAME_PX}px, 1fr) ${shown.map(({ px }) => `${px}px`).join(' ')}`,
    minWidth: NAME_PX + PADDING_PX + sum,
  };
}

interface ListProps {
  table: PairTable;
  payload: DiffPayload;
  rows: Uint32Array;
  /** Changes when rows may change places. */
  order: number;
  sort: PairSort;
  width: number;
  active: string;
  isTree: boolean;
  onActive: (key: string, row: number) => void;
  onOpen: (row: number) => void;
}

/** Pairs as a table, or as the tree that the slashes of their names make. */
export function PairList(props: ListProps) {
  const { table, rows, sort, order, isTree } = props;
  const layout = useMemo(() => layOut(props.width), [props.width]);
  const sorted = useMemo(
    () => (isTree ? rows : table.sort(rows, sort)),
    [table, rows, sort.column, sort.descending, order, isTree],
  );
  const tree = useTree(props);
  if (!rows.length) return <Nothing {...props} />;
  const { lines, toggle } = tree;
  const count = isTree ? lines.length : sorted.length;
  const rowAt = (index: number) => (isTree ? (lines[index]?.node.row ?? -1) : (sorted[index] ?? 0));
  const keyAt = (index: number) => {
    const row = rowAt(index);
    return row < 0 ? BRANCH + (lines[index]?.node.path ?? '') : String(table.columns.pair[row]);
  };
  const at = indexOf(props, lines, sorted);
  const activate = (index: number) => props.onActive(keyAt(index), rowAt(index));
  return (
    <VirtualGrid
      role={isTree ? 'treegrid' : 'grid'}
      label="Tensors that differ"
      memory="pairs"
      rows={uniformRows(count, ROW_PX)}
      {...layout}
      sorting={sort}
      onSort={(column) => go({ sort: nextSort(sort, column) })}
      active={at}
      onActive={activate}
      onOpen={(index) => {
        const line = lines[index];
        if (rowAt(index) >= 0) props.onOpen(rowAt(index));
        else if (line) toggle(line);
      }}
      onKey={(event) => {
        const to = isTree ? foldByKey(event.key, lines, at, toggle) : undefined;
        if (to !== undefined) activate(to);
        return to !== undefined;
      }}
      rowKey={keyAt}
      rowProps={(index) => (isTree ? treeAria(lines[index]) : {})}
    >
      {(index) => (
        <Line table={table} row={rowAt(index)} line={lines[index]} columns={layout.columns} />
      )}
    </VirtualGrid>
  );
}

function useTree({ table, rows, sort, order, isTree }: ListProps) {
  const tree = useMemo(() => {
    if (!isTree) return [];
    const { column, descending } = sort;
    if (column === 'name') return buildTree(table.tensors, rows, { column, descending });
    const measure = (node: TreeNode) => table.measureNode(node, column);
    const usual = { column: 'file', descending } as const;
    return buildTree(table.tensors, rows, usual, undefined, measure);
  }, [table, rows, sort.column, sort.descending, order, isTree]);
  const first = useMemo(() => openAtFirst(tree), [tree]);
  const toggled = useSignal<ReadonlySet<string>>(new Set());
  const lines = useMemo(
    () => unfold(tree, (node) => first.has(node.path) !== toggled.value.has(node.path)),
    [tree, first, toggled.value],
  );
  const toggle = ({ node }: TreeLine) => {
    const next = new Set(toggled.value);
    if (!next.delete(node.path)) next.add(node.path);
    toggled.value = next;
  };
  return { lines, toggle };
}

function indexOf(
  { active, isTree, table }: ListProps,
  lines: readonly TreeLine[],
  sorted: Uint32Array,
): number {
  if (!active) return -1;
  const row = table.rowOf(Number(active));
  if (!isTree) return row < 0 ? -1 : sorted.indexOf(row);
  return lines.findIndex(({ node }) =>
    node.row < 0 ? active === BRANCH + node.path : node.row === row,
  );
}

/** Large changes first, then the other way, then the usual order. */
function nextSort(sort: PairSort, column: string): string {
  const largeFirst = column !== 'name' && column !== 'state' && column !== 'cosine';
  if (sort.column !== column) return `${largeFirst ? '-' : ''}${column}`;
  return sort.descending === largeFirst ? `${largeFirst ? '' : '-'}${column}` : '';
}

function Nothing({ table, payload, rows }: ListProps) {
  const isFiltered = table.count > 0 && !rows.length;
  const isEqual = payload.equal === payload.total;
  return (
    <div class="empty">
      <h2 class="headline">
        {payload.total === 0
          ? 'No tensors on either side'
          : isEqual || !isFiltered
            ? 'No tensor differs'
            : 'No pair passes the filters'}
      </h2>
      <p>
        {payload.total > 0 &&
          (isEqual
            ? `All ${formatQuantity(payload.total, 'tensor')} have equal checksums: no value was read for that.`
            : 'Of what is left nothing differs. Take a filter away, or show all.')}
      </p>
      {payload.total > 0 && (
        <button
          type="button"
          class="plain outlined"
          onClick={() => go({ all: '1', q: '', state: '', role: '' })}
        >
          Show all tensors
        </button>
      )}
    </div>
  );
}

function Line(props: {
  table: PairTable;
  row: number;
  line: TreeLine | undefined;
  columns: readonly Column[];
}) {
  const { table, row, line, columns } = props;
  const style = line && { paddingLeft: `${line.depth * 18 + 4}px` };
  const cells = columns.slice(1).map(({ id }) => id);
  if (row < 0 && line) {
    return (
      <div class="cells branch">
        <span role="gridcell" class="name-cell" style={style}>
          <span class={`twisty ${line.open ? 'open' : ''}`}>
            <Icon name="right" />
          </span>
          <span class="tree-label" title={visibleName(line.node.path)}>
            {visibleName(line.node.label)}
          </span>
          <span class="muted branch-count">{formatCount(line.node.rows.length)}</span>
        </span>
        {cells.map((id) => (
          <BranchCell key={id} id={id} table={table} node={line.node} />
        ))}
      </div>
    );
  }
  return (
    <div class="cells">
      <span role="gridcell" class="name-cell" style={style}>
        {line && <span class="twisty" />}
        {line ? (
          <span class="tree-label" title={visibleName(line.node.path)}>
            {visibleName(line.node.label)}
          </span>
        ) : (
          <Name name={table.columns.name[row] ?? ''} />
        )}
        <NameMarks table={table} row={row} />
      </span>
      {cells.map((id) => (
        <PairCell key={id} id={id} table={table} row={row} />
      ))}
    </div>
  );
}

/** What it was called, and what it is besides. */
function NameMarks({ table, row }: { table: PairTable; row: number }) {
  const { columns } = table;
  const marks = columns.marks[row] ?? [];
  const former = table.formerName(row) ?? columns.before_key[row];
  const sure = formatShare(columns.confidence[row] ?? 1);
  return (
    <>
      {table.hasNewNan(row) && (
        <span class="finding-mark bad" title="NaN where there was none before">
          NaN
        </span>
      )}
      {marks.includes('renamed') && former != null && (
        <span
          class="alias"
          title={`Before: ${visibleName(former)}; ${columns.reason[row]} (${sure})`}
        >
          was {visibleName(former)}
        </span>
      )}
      {marks
        .filter((mark) => mark === 'alias' || mark === 'metadata')
        .map((mark) => (
          <span key={mark} class="alias" title="In no count">
            {mark}
          </span>
        ))}
    </>
  );
}

/** What colour alone must not say. */
export function Sign({ word }: { word: string }) {
  return (
    <i class={`diff-sign ${word}`} title={WORDS[word]?.means}>
      {WORDS[word]?.sign}
    </i>
  );
}

/** Sign and word. */
export function States({ words, error }: { words: readonly string[]; error?: string | undefined }) {
  return (
    <>
      {words.map((word) => (
        <span key={word} class="diff-state" title={error}>
          <Sign word={word} />
          {WORDS[word]?.word}
        </span>
      ))}
    </>
  );
}

function PairCell({ id, table, row }: { id: string; table: PairTable; row: number }) {
  if (id === 'state') {
    return (
      <span role="gridcell" class="diff-states">
        <States words={table.words(row)} error={table.error(row)} />
      </span>
    );
  }
  if (id === 'type') return <TypeCell table={table} row={row} />;
  return <NumberCell id={id as PairColumn} table={table} row={row} />;
}

/** `float32 [3, 4]`, with what it was where that is another one. */
function TypeCell({ table, row }: { table: PairTable; row: number }) {
  const { dtype, shape, before_dtype, before_shape } = table.columns;
  const [was, old] = [before_dtype[row], before_shape[row]];
  const words = [
    `${was ? `${was} → ` : ''}${dtype[row]}`,
    `${old ? `${formatShape(old)} → ` : ''}${formatShape(shape[row] ?? [])}`,
  ].join(' ');
  return (
    <span role="gridcell" class="muted" title={words}>
      {words}
    </span>
  );
}

function NumberCell({ id, table, row }: { id: PairColumn; table: PairTable; row: number }) {
  const value = id === 'differing' ? table.share(row) : table.number(row, id as 'max_abs');
  const title =
    id === 'differing' && !Number.isNaN(value)
      ? `${formatCount(table.number(row, 'differing'))} of ${formatQuantity(table.number(row, 'count'), 'element')}`
      : Number.isNaN(value)
        ? ''
        : `${MEANS[id]}: ${value}`;
  return (
    <span role="gridcell" class={`number ${Number.isNaN(value) ? 'muted' : ''}`} title={title}>
      {formatCell(id, value)}
    </span>
  );
}

function formatCell(id: string, value: number): string {
  if (id === 'differing') return formatShare(value);
  return formatNumber(value, id === 'cosine' ? 5 : 4);
}

/** What is below a branch: how many of each state, and the largest of each number. */
function BranchCell(props: { id: string; table: PairTable; node: TreeNode }) {
  const { id, table, node } = props;
  if (id === 'state') {
    const counts = new Map<string, number>();
    for (const row of node.rows) {
      const state = table.words(row)[0] ?? '';
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return (
      <span role="gridcell" class="diff-states">
        {[...counts].map(([state, count]) => (
          <span
            key={state}
            class="diff-state muted"
            title={`${formatCount(count)} ${WORDS[state]?.word}`}
          >
            <Sign word={state} />
            {formatCount(count)}
          </span>
        ))}
      </span>
    );
  }
  const isLargest = id === 'relative_l2' || id === 'max_abs';
  const value = isLargest ? table.measureNode(node, id) : Number.NaN;
  return (
    <span role="gridcell" class="number muted" title={isLargest ? 'The largest below' : undefined}>
      {Number.isNaN(value) ? '' : formatCell(id, value)}
    </span>
  );
}
