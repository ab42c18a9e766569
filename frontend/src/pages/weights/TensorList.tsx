import { useCallback, useMemo } from 'preact/hooks';
import { isStatColumn } from '../../model/tensors';
import { go } from '../../state';
import { uniformRows } from '../../ui/rows';
import { VirtualGrid } from '../../ui/VirtualGrid';
import { Name } from '../parts';
import { AliasMark, FindingMarks, KeyMark, type ListProps, ROW_PX, TensorCells } from './cells';
import { nextTensorSort } from './columns';
import { NothingHere } from './NothingHere';

/** All tensors as a table. */
export function TensorList(props: ListProps) {
  const { table, feed, rows, sort, layout } = props;
  // Read here, so that the rows are drawn again when more comes; they change places less often.
  const version = feed?.version.value;
  const order = isStatColumn(sort.column) ? feed?.order.value : undefined;
  const sorted = useMemo(
    () => table.sort(rows, sort, feed?.stats),
    [table, rows, sort.column, sort.descending, feed, order],
  );
  const see = useCallback(
    (first: number, last: number) => feed?.see([...sorted.subarray(first, last)]),
    [feed, sorted],
  );
  if (!rows.length) return <NothingHere total={table.count} />;
  const keyOf = (index: number) => table.columns.key[sorted[index] ?? 0] ?? '';
  const found = table.find(props.active);
  return (
    <VirtualGrid
      role="grid"
      label="Tensors"
      memory="tensors"
      rows={uniformRows(sorted.length, ROW_PX)}
      columns={layout.columns}
      template={layout.template}
      minWidth={layout.minWidth}
      sorting={sort}
      onSort={(column) => go({ sort: nextTensorSort(sort, column) })}
      active={found < 0 ? -1 : sorted.indexOf(found)}
      onActive={(index) => props.onActive(keyOf(index))}
      onOpen={(index) => props.onOpen(keyOf(index))}
      onDrawn={see}
      rowKey={keyOf}
    >
      {(index) => <Row {...props} row={sorted[index] ?? 0} version={version} />}
    </VirtualGrid>
  );
}

function Row(props: ListProps & { row: number; version: number | undefined }) {
  const { table, feed, row, layout } = props;
  return (
    <div class="cells">
      <span role="gridcell" class="name-cell">
        <Name name={table.columns.name[row] ?? ''} />
        <FindingMarks row={row} feed={feed} layout={layout} />
        <KeyMark table={table} row={row} compact={layout.compact} />
        <AliasMark table={table} row={row} compact={layout.compact} />
      </span>
      <TensorCells table={table} row={row} layout={layout} feed={feed} />
    </div>
  );
}
