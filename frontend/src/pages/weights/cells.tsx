import { compareMarks } from '../../model/findings';
import {
  formatBytes,
  formatCount,
  formatExactBytes,
  formatQuantity,
  formatShape,
  formatShort,
  visibleName,
} from '../../model/format';
import { formatNumber, formatShare } from '../../model/numbers';
import type { StatColumn, StatSums } from '../../model/stats';
import type { TensorSort, TensorSums, TensorTable } from '../../model/tensors';
import { nodeNumber, type TreeNode } from '../../model/tree';
import { artifact } from '../../state';
import { FindingTag } from '../Findings';
import { type Layout, needsStats } from './columns';
import type { StatsFeed } from './feed';
import { InlineHistogram } from './InlineHistogram';

/** What table and tree have in common. */
export interface ListProps {
  table: TensorTable;
  /** Statistics as they come; none where the file holds no values. */
  feed: StatsFeed | undefined;
  rows: Uint32Array;
  sort: TensorSort;
  active: string;
  layout: Layout;
  onActive: (key: string) => void;
  onOpen: (key: string) => void;
}

export const ROW_PX = 28;

/** The cells after the name of one tensor. */
export function TensorCells(props: {
  table: TensorTable;
  row: number;
  layout: Layout;
  feed: StatsFeed | undefined;
}) {
  const { table, row, feed } = props;
  return (
    <>
      {props.layout.ids.map((id) =>
        needsStats(id) ? (
          <StatCell key={id} id={id} row={row} feed={feed} />
        ) : (
          <PlainCell key={id} id={id} table={table} row={row} />
        ),
      )}
    </>
  );
}

function PlainCell({ id, table, row }: { id: string; table: TensorTable; row: number }) {
  const { columns } = table;
  if (id === 'shape') {
    const shape = formatShape(columns.shape[row] ?? []);
    return (
      <span role="gridcell" class="number" title={shape}>
        {shape}
      </span>
    );
  }
  if (id === 'role' || id === 'dtype') {
    return (
      <span role="gridcell" class="muted">
        {columns[id][row]}
      </span>
    );
  }
  const sums = { parameters: table.parameters[row] ?? 0, nbytes: columns.nbytes[row] ?? 0 };
  return <SumCell id={id} sums={sums} holdsValues={table.holdsValues} />;
}

/** Parameters or bytes, of a tensor or of a branch. */
function SumCell(props: {
  id: string;
  sums: Pick<TensorSums, 'parameters' | 'nbytes'>;
  holdsValues: boolean;
}) {
  const { parameters, nbytes } = props.sums;
  if (props.id === 'parameters') {
    return (
      <span role="gridcell" class="number" title={formatCount(parameters)}>
        {formatShort(parameters)}
      </span>
    );
  }
  return (
    <span
      role="gridcell"
      class="number"
      title={props.holdsValues ? formatExactBytes(nbytes) : 'not stored here'}
    >
      {props.holdsValues ? formatBytes(nbytes) : '–'}
    </span>
  );
}

/** A statistic; empty until it is known, a dash where there is none. */
function StatCell(props: { id: string; row: number; feed: StatsFeed | undefined }) {
  const { id, row, feed } = props;
  if (!feed?.stats.has(row) || feed.stats.error(row)) return <span role="gridcell" />;
  if (id === 'histogram') {
    return (
      <span role="gridcell" class="inline-histogram">
        <InlineHistogram drawing={feed.drawing(row)} />
      </span>
    );
  }
  const column = id as StatColumn;
  const title = column === 'bad' ? countBad(feed, row) : exact(feed.stats.value(row, column));
  return <NumberCell column={column} value={feed.stats.value(row, column)} title={title} />;
}

function NumberCell(props: { column: StatColumn; value: number; title: string }) {
  const { column, value } = props;
  const isBad = column === 'bad' && value > 0;
  const isNothing = Number.isNaN(value) || (value === 0 && /^(bad|zeros)$/.test(column));
  const tone = isBad ? 'bad-number' : isNothing ? 'muted' : '';
  const words = { bad: formatShort, zeros: formatShare }[column as string] ?? formatNumber;
  return (
    <span role="gridcell" class={`number ${tone}`} title={props.title}>
      {Number.isNaN(value) ? '–' : words(value)}
    </span>
  );
}

function countBad(feed: StatsFeed, row: number): string {
  const names = [
    ['nan', 'NaN'],
    ['posinf', 'inf'],
    ['neginf', '-inf'],
  ] as const;
  const parts = names.flatMap(([name, word]) => {
    const count = feed.stats.counted(row, name);
    return count ? [`${formatCount(count)} ${word}`] : [];
  });
  return parts.join(', ') || 'all are finite';
}

function exact(value: number): string {
  return Number.isNaN(value) ? '' : String(value);
}

/** The cells after the name of a branch: what adds up over it. */
export function BranchCells(props: {
  node: TreeNode;
  layout: Layout;
  feed: StatsFeed | undefined;
  holdsValues: boolean;
}) {
  const { node, feed } = props;
  const sums = feed?.stats.sum(node.rows);
  return (
    <>
      {props.layout.ids.map((id) => {
        if (id === 'parameters' || id === 'nbytes') {
          return <SumCell key={id} id={id} sums={node.sums} holdsValues={props.holdsValues} />;
        }
        if (id === 'histogram' || !needsStats(id) || !feed || !sums?.known) {
          return <span key={id} role="gridcell" />;
        }
        return <BranchNumber key={id} id={id as StatColumn} {...{ node, feed, sums }} />;
      })}
    </>
  );
}

function BranchNumber(props: { id: StatColumn; node: TreeNode; feed: StatsFeed; sums: StatSums }) {
  const { id, sums } = props;
  const value = nodeNumber(props.node, props.feed.stats, id);
  if (Number.isNaN(value)) return <span role="gridcell" />;
  const part =
    sums.known < sums.tensors
      ? `of ${sums.known} of ${formatQuantity(sums.tensors, 'tensor')}`
      : '';
  return <NumberCell column={id} value={value} title={`${exact(value)} ${part}`} />;
}

/** What is to be known of a tensor before its numbers: that it cannot be read, or is odd. */
export function FindingMarks(props: { row: number; feed: StatsFeed | undefined; layout: Layout }) {
  const { row, feed } = props;
  const marks = feed?.stats.findings(row) ?? [];
  if (!marks.length) return null;
  // The column of bad values says it already.
  const said = props.layout.ids.includes('bad') ? ['nan', 'inf'] : [];
  const left = marks.filter(({ kind }) => !said.includes(kind)).sort(compareMarks);
  return <FindingTag marks={left} title={feed?.stats.error(row)} />;
}

/** The key under which a graph of TensorFlow 1 saves a variable of another name. */
export function KeyMark(props: { table: TensorTable; row: number; compact: boolean }) {
  const { key, name } = props.table.columns;
  const own = key[props.row] ?? '';
  const isGiven = /^(checkpoint|meta_graph)$/.test(artifact.value?.kind ?? '');
  if (props.compact || !isGiven || own === name[props.row] || /(^|\/)[._]/.test(own)) return null;
  return (
    <span class="alias" title={`Saved under the key ${visibleName(own)}`}>
      key {visibleName(own)}
    </span>
  );
}

/** `= variables/0`: which tensor this one repeats. */
export function AliasMark(props: { table: TensorTable; row: number; compact: boolean }) {
  const { table, row } = props;
  const original = table.columns.alias_of[row] ?? -1;
  if (original < 0) return null;
  const name = visibleName(table.columns.name[original] ?? '');
  return (
    <span class="alias" title={`Same content as ${name}; counted once`}>
      {props.compact ? 'alias' : `= ${name}`}
    </span>
  );
}
