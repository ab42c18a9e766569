import { useSignal } from '@preact/signals';
import type { GraphsPayload } from '../../api/types';
import { formatCount, formatQuantity, formatShort, visibleName } from '../../model/format';
import { compileSearch } from '../../model/search';
import { readSort } from '../../routes';
import { go, route } from '../../state';
import { Chip, Chips } from '../../ui/Chips';
import { uniformRows } from '../../ui/rows';
import { Search } from '../../ui/Search';
import { type Column, focusGrid, VirtualGrid } from '../../ui/VirtualGrid';
import { ViewLink } from '../parts';
import { MAIN } from './model';
import {
  filterOps,
  marksOf,
  OP_MARKS,
  type OpMark,
  type OpRow,
  signaturesOf,
  sortOps,
} from './ops';

const ROW_PX = 28;
const MARK_WORDS: Record<OpMark, readonly [word: string, means: string]> = {
  custom: ['custom', "Not an op of TensorFlow's own"],
  stateful: ['stateful', 'It keeps something, or has an effect'],
  unknown: ['FLOPs unknown', 'There is no formula for it, or a size is not known'],
};

interface Props {
  rows: readonly OpRow[];
  graphs: GraphsPayload;
  isLayers: boolean;
}

/** Which ops are used how often: in this graph, by each signature, in all graphs. */
export function OpTable(props: Props) {
  const { rows, isLayers } = props;
  const { q, kind, sort: sorting } = route.value;
  const problem = compileSearch(q);
  const columns = columnsOf(props);
  const sort = readSort(
    sorting,
    columns.map(({ id }) => id),
    { column: isLayers ? 'here' : 'all', descending: true },
  );
  const found = sortOps(filterOps(rows, q, kind), sort.column, sort.descending);
  return (
    <>
      <div class="summary-filter">
        <Search
          value={q}
          label={isLayers ? 'Filter classes of layers by name' : 'Filter ops by name'}
          placeholder={isLayers ? 'Class or /regex/' : 'Op or /regex/'}
          problem={typeof problem === 'string' ? problem : undefined}
          onInput={(text) => go({ q: text }, { replace: true })}
          onDown={() => focusGrid(document.querySelector('.summary'))}
        />
        <Marks rows={rows} kind={kind} />
        <span class="muted" role="status">
          {formatQuantity(found.length, isLayers ? 'class' : 'op', isLayers ? 'classes' : 'ops')}
        </span>
      </div>
      {found.length ? (
        <Grid found={found} columns={columns} sort={sort} />
      ) : (
        <div class="empty">
          <p>{rows.length ? 'No op fits.' : 'There is no op in it.'}</p>
        </div>
      )}
    </>
  );
}

function Marks({ rows, kind }: { rows: readonly OpRow[]; kind: string }) {
  const counts = OP_MARKS.map((mark) => {
    return [mark, rows.filter((row) => marksOf(row).includes(mark)).length] as const;
  });
  if (!counts.some(([, count]) => count)) return null;
  return (
    <Chips label="Only ops that are">
      {counts
        .filter(([mark, count]) => count || kind === mark)
        .map(([mark, count]) => (
          <Chip
            key={mark}
            pressed={kind === mark}
            title={MARK_WORDS[mark][1]}
            onToggle={() => go({ kind: kind === mark ? '' : mark }, { replace: true })}
          >
            {MARK_WORDS[mark][0]} <span>{formatCount(count)}</span>
          </Chip>
        ))}
    </Chips>
  );
}

function columnsOf({ graphs, isLayers }: Props): (Column & { px: number })[] {
  const right = true;
  if (isLayers) {
    return [
      { id: 'name', title: 'Class', px: 0 },
      { id: 'here', title: 'Layers', right, px: 110 },
      { id: 'parameters', title: 'Parameters', right, px: 130 },
    ];
  }
  const own = signaturesOf(graphs).map(({ title }, i) => {
    return { id: String(i), title, right, px: 132 };
  });
  return [
    { id: 'name', title: 'Op', px: 0 },
    { id: 'here', title: 'This graph', right, px: 100 },
    { id: 'flops', title: 'FLOPs here', right, px: 116 },
    ...own,
    { id: 'all', title: 'All graphs', right, px: 100 },
  ];
}

interface GridProps {
  found: readonly OpRow[];
  columns: readonly (Column & { px: number })[];
  sort: { column: string; descending: boolean };
}

function Grid({ found, columns, sort }: GridProps) {
  const active = useSignal('');
  const [, ...numbers] = columns;
  return (
    <VirtualGrid
      role="grid"
      label="Ops"
      class="summary-grid"
      rows={uniformRows(found.length, ROW_PX)}
      columns={columns}
      template={['minmax(240px, 620px)', ...numbers.map(({ px }) => `${px}px`)].join(' ')}
      minWidth={272 + numbers.reduce((sum, { px }) => sum + px, 0)}
      sorting={sort}
      onSort={(column) => go({ sort: nextSort(sort, column) }, { replace: true })}
      active={found.findIndex(({ name }) => name === active.value)}
      onActive={(row) => {
        active.value = found[row]?.name ?? '';
      }}
      onOpen={(row, event) => {
        const one = found[row];
        if (one && event instanceof KeyboardEvent) go(pictureOf(one));
      }}
      rowKey={(row) => found[row]?.name ?? ''}
    >
      {(row) => {
        const one = found[row];
        return one ? <Cells row={one} columns={numbers} /> : null;
      }}
    </VirtualGrid>
  );
}

function nextSort(sort: { column: string; descending: boolean }, column: string): string {
  const descending = sort.column === column ? !sort.descending : column !== 'name';
  return `${descending ? '-' : ''}${column}`;
}

/** Where the picture finds an op: in the graph that is open, else in one that has it. */
function pictureOf({ name, graph }: OpRow) {
  const q = `op:/^${name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$/`;
  return { view: '', part: '', sort: '', kind: '', scope: '', node: '', graph: graph || MAIN, q };
}

function Cells({ row, columns }: { row: OpRow; columns: readonly Column[] }) {
  const { id, colour } = route.value;
  return (
    <div class="cells">
      <span role="gridcell" class="name-cell">
        <ViewLink
          to={{ page: 'graph', id, colour, ...pictureOf(row) }}
          class="summary-name"
          title={`${visibleName(row.name)}: find it in the picture`}
          tabIndex={-1}
        >
          {visibleName(row.name)}
        </ViewLink>
        {marksOf(row).map((mark) => (
          <span key={mark} class={`summary-mark ${mark}`} title={MARK_WORDS[mark][1]}>
            {MARK_WORDS[mark][0]}
          </span>
        ))}
      </span>
      {columns.map(({ id: column }) => (
        <Count key={column} row={row} column={column} />
      ))}
    </div>
  );
}

function Count({ row, column }: { row: OpRow; column: string }) {
  const isFlops = column === 'flops';
  const value =
    column === 'here' || column === 'all' || column === 'parameters' || isFlops
      ? row[column as 'here']
      : (row.bySignature[Number(column)] ?? 0);
  const lost = isFlops && row.unknown > 0;
  const title = lost ? `Unknown for ${formatQuantity(row.unknown, 'node')}` : formatCount(value);
  const word = value ? formatShort(value) : lost ? 'unknown' : row.here || !isFlops ? '0' : '';
  return (
    <span role="gridcell" class={`number ${value || lost ? '' : 'muted'}`} title={title}>
      {word}
      {lost && value > 0 && ' +'}
    </span>
  );
}
