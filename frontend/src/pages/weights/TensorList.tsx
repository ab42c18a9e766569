import { useMemo } from 'preact/hooks';
import { go } from '../../state';
import { uniformRows } from '../../ui/rows';
import { VirtualGrid } from '../../ui/VirtualGrid';
import { Name } from '../parts';
import {
  AliasMark,
  columnsFor,
  KeyMark,
  type ListProps,
  nextTensorSort,
  ROW_PX,
  TensorCells,
} from './cells';
import { NothingHere } from './NothingHere';

/** All tensors as a table. */
export function TensorList(props: ListProps) {
  const { table, rows, sort, compact } = props;
  const sorted = useMemo(() => table.sort(rows, sort), [table, rows, sort.column, sort.descending]);
  if (!rows.length) return <NothingHere total={table.count} />;
  const keyOf = (index: number) => table.columns.key[sorted[index] ?? 0] ?? '';
  const found = table.find(props.active);
  return (
    <VirtualGrid
      role="grid"
      label="Tensors"
      memory="tensors"
      rows={uniformRows(sorted.length, ROW_PX)}
      {...columnsFor(compact)}
      sorting={sort}
      onSort={(column) => go({ sort: nextTensorSort(sort, column) })}
      active={found < 0 ? -1 : sorted.indexOf(found)}
      onActive={(index) => props.onActive(keyOf(index))}
      onOpen={(index) => props.onOpen(keyOf(index))}
      rowKey={keyOf}
    >
      {(index) => {
        const row = sorted[index] ?? 0;
        return (
          <div class="cells">
            <span role="gridcell" class="name-cell">
              <Name name={table.columns.name[row] ?? ''} />
              <KeyMark table={table} row={row} compact={compact} />
              <AliasMark table={table} row={row} compact={compact} />
            </span>
            <TensorCells table={table} row={row} compact={compact} />
          </div>
        );
      }}
    </VirtualGrid>
  );
}
