import {
  formatBytes,
  formatCount,
  formatExactBytes,
  formatShape,
  formatShort,
  visibleName,
} from '../../model/format';
import type { TensorSort, TensorSums, TensorTable } from '../../model/tensors';
import { artifact } from '../../state';
import type { Column } from '../../ui/VirtualGrid';

/** What table and tree have in common. */
export interface ListProps {
  table: TensorTable;
  rows: Uint32Array;
  sort: TensorSort;
  active: string;
  /** Whether there is only room for the most important columns. */
  compact: boolean;
  onActive: (key: string) => void;
  onOpen: (key: string) => void;
}

export const ROW_PX = 28;

const COLUMNS: readonly Column[] = [
  { id: 'name', title: 'Name' },
  { id: 'role', title: 'Role' },
  { id: 'dtype', title: 'Dtype' },
  { id: 'shape', title: 'Shape', right: true },
  { id: 'parameters', title: 'Parameters', right: true },
  { id: 'nbytes', title: 'Size', right: true },
];
const DROPPED = new Set(['role', 'parameters']);

/** Columns and their widths, for the room there is. */
export function columnsFor(compact: boolean) {
  if (!compact) {
    const template = 'minmax(220px, 880px) 92px 88px 152px 104px 92px';
    return { columns: COLUMNS, template, minWidth: 780 };
  }
  const columns = COLUMNS.filter((column) => !DROPPED.has(column.id));
  return { columns, template: 'minmax(150px, 1fr) 72px 112px 84px', minWidth: 450 };
}

export function nextTensorSort(sort: TensorSort, column: string): string {
  const largeFirst = column === 'nbytes' || column === 'parameters';
  if (sort.column !== column) return `${largeFirst ? '-' : ''}${column}`;
  if (sort.descending === largeFirst) return `${largeFirst ? '' : '-'}${column}`;
  return '';
}

/** The cells after the name of one tensor. */
export function TensorCells({
  table,
  row,
  compact,
}: {
  table: TensorTable;
  row: number;
  compact: boolean;
}) {
  const { columns } = table;
  const shape = formatShape(columns.shape[row] ?? []);
  return (
    <>
      {!compact && (
        <span role="gridcell" class="muted">
          {columns.role[row]}
        </span>
      )}
      <span role="gridcell" class="muted">
        {columns.dtype[row]}
      </span>
      <span role="gridcell" class="number" title={shape}>
        {shape}
      </span>
      <SumCells
        compact={compact}
        holdsValues={table.holdsValues}
        sums={{ parameters: table.parameters[row] ?? 0, nbytes: columns.nbytes[row] ?? 0 }}
      />
    </>
  );
}

export function SumCells(props: {
  sums: Pick<TensorSums, 'parameters' | 'nbytes'>;
  compact: boolean;
  holdsValues: boolean;
}) {
  const { parameters, nbytes } = props.sums;
  return (
    <>
      {!props.compact && (
        <span role="gridcell" class="number" title={formatCount(parameters)}>
          {formatShort(parameters)}
        </span>
      )}
      <span
        role="gridcell"
        class="number"
        title={props.holdsValues ? formatExactBytes(nbytes) : 'not stored here'}
      >
        {props.holdsValues ? formatBytes(nbytes) : '–'}
      </span>
    </>
  );
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
