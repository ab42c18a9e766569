import { useSignal } from '@preact/signals';
import { useCallback, useMemo } from 'preact/hooks';
import { formatCount, visibleName } from '../../model/format';
import { isStatColumn } from '../../model/tensors';
import {
  buildTree,
  foldByKey,
  openAtFirst,
  type TreeLine,
  treeAria,
  unfold,
} from '../../model/tree';
import { go } from '../../state';
import { Icon } from '../../ui/Icon';
import { uniformRows } from '../../ui/rows';
import { VirtualGrid } from '../../ui/VirtualGrid';
import {
  AliasMark,
  BranchCells,
  FindingMarks,
  KeyMark,
  type ListProps,
  ROW_PX,
  TensorCells,
} from './cells';
import { nextTensorSort } from './columns';
import { NothingHere } from './NothingHere';

const BRANCH = 'branch:';

/** Tensors by the parts of their readable names, with sums per branch. */
export function TensorTree(props: ListProps) {
  const { table, feed, rows, sort, layout } = props;
  // Read here, so that the lines follow what comes; only a sort by statistics builds them anew.
  const version = feed?.version.value;
  const order = isStatColumn(sort.column) ? feed?.order.value : undefined;
  const tree = useMemo(
    () => buildTree(table, rows, sort, feed?.stats),
    [table, rows, sort.column, sort.descending, feed, order],
  );
  const first = useMemo(() => openAtFirst(tree), [tree]);
  const toggled = useSignal<ReadonlySet<string>>(new Set());
  const lines = useMemo(
    () => unfold(tree, (node) => first.has(node.path) !== toggled.value.has(node.path)),
    [tree, first, toggled.value],
  );
  const see = useCallback(
    (start: number, stop: number) =>
      feed?.see(lines.slice(start, stop).flatMap(({ node }) => (node.row < 0 ? [] : [node.row]))),
    [feed, lines],
  );
  if (!rows.length) return <NothingHere total={table.count} />;
  const keyOf = (line: TreeLine | undefined) => {
    if (!line) return '';
    return line.node.row < 0 ? BRANCH + line.node.path : (table.columns.key[line.node.row] ?? '');
  };
  const toggle = (line: TreeLine) => {
    const next = new Set(toggled.value);
    if (!next.delete(line.node.path)) next.add(line.node.path);
    toggled.value = next;
  };
  const at = lines.findIndex((line) => keyOf(line) === props.active);
  return (
    <VirtualGrid
      role="treegrid"
      label="Tensors by name"
      memory="tensor tree"
      rows={uniformRows(lines.length, ROW_PX)}
      columns={layout.columns}
      template={layout.template}
      minWidth={layout.minWidth}
      onDrawn={see}
      sorting={sort}
      onSort={(column) => go({ sort: nextTensorSort(sort, column) })}
      active={at}
      onActive={(index) => props.onActive(keyOf(lines[index]))}
      onOpen={(index) => {
        const line = lines[index];
        if (line && line.node.row < 0) toggle(line);
        else props.onOpen(keyOf(line));
      }}
      onKey={(event) => {
        const to = foldByKey(event.key, lines, at, toggle);
        if (to !== undefined) props.onActive(keyOf(lines[to]));
        return to !== undefined;
      }}
      rowKey={(index) => keyOf(lines[index])}
      rowProps={(index) => treeAria(lines[index])}
    >
      {(index) => {
        const line = lines[index];
        return line ? <Line line={line} props={props} version={version} /> : null;
      }}
    </VirtualGrid>
  );
}

function Line(own: { line: TreeLine; props: ListProps; version: number | undefined }) {
  const { node, depth, open } = own.line;
  const { table, feed, layout } = own.props;
  return (
    <div class={`cells ${node.row < 0 ? 'branch' : ''}`}>
      <span role="gridcell" class="name-cell" style={{ paddingLeft: `${depth * 18 + 4}px` }}>
        <span class={`twisty ${open ? 'open' : ''}`}>{node.row < 0 && <Icon name="right" />}</span>
        <span class="tree-label" title={visibleName(node.path)}>
          {visibleName(node.label)}
        </span>
        {node.row < 0 ? (
          <span class="muted branch-count">{formatCount(node.sums.tensors)}</span>
        ) : (
          <>
            <FindingMarks row={node.row} feed={feed} layout={layout} />
            <KeyMark table={table} row={node.row} compact={layout.compact} />
            <AliasMark table={table} row={node.row} compact={layout.compact} />
          </>
        )}
      </span>
      {node.row < 0 ? (
        <BranchCells node={node} layout={layout} feed={feed} holdsValues={table.holdsValues} />
      ) : (
        <TensorCells table={table} row={node.row} layout={layout} feed={feed} />
      )}
    </div>
  );
}
