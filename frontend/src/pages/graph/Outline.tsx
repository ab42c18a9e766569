import { useMemo } from 'preact/hooks';
import { BOX, type Scene } from '../../graph/scene';
import { Icon } from '../../ui/Icon';
import { uniformRows } from '../../ui/rows';
import { VirtualGrid } from '../../ui/VirtualGrid';
import type { GraphModel } from './model';

const ROW_PX = 26;

/** All boxes of the picture as a tree, in the order data flows; it opens and selects the same. */
export function Outline({ model }: { model: GraphModel }) {
  const scene = model.picture.value?.scene;
  const rows = useMemo(() => uniformRows(scene?.box.length ?? 0, ROW_PX), [scene]);
  if (!scene) return <div class="graph-outline" />;
  const active = scene.box.indexOf(model.selected.value);
  const boxOf = (row: number) => scene.box[row] ?? -1;
  return (
    <div class="graph-outline">
      <VirtualGrid
        role="tree"
        label="Outline of the graph"
        rows={rows}
        active={active}
        onActive={(row) => void model.select(boxOf(row))}
        onOpen={(row, event) => {
          const isSign = (event.target as Element).closest?.('.twisty');
          if (event instanceof MouseEvent && !isSign) return;
          if (kindOf(scene, row) & BOX.openable) void model.toggle(boxOf(row));
        }}
        onKey={(event) => onKey(event, scene, active, model)}
        rowKey={(row) => String(boxOf(row))}
        rowProps={(row) => propsOf(scene, row)}
      >
        {(row) => <Line scene={scene} row={row} />}
      </VirtualGrid>
    </div>
  );
}

function kindOf(scene: Scene, row: number): number {
  return scene.kind[row] ?? 0;
}

function propsOf(scene: Scene, row: number) {
  const kind = kindOf(scene, row);
  const isOpen = (kind & BOX.open) !== 0;
  return {
    'aria-level': (scene.depth[row] ?? 0) + 1,
    'aria-posinset': scene.position[row] ?? 1,
    'aria-setsize': scene.siblings[row] ?? 1,
    'aria-expanded': kind & BOX.openable ? isOpen : undefined,
  };
}

function Line({ scene, row }: { scene: Scene; row: number }) {
  const kind = kindOf(scene, row);
  const label = scene.label[row] ?? '';
  return (
    <div class="outline-line" style={{ paddingLeft: `${(scene.depth[row] ?? 0) * 14}px` }}>
      <span class={`twisty ${kind & BOX.open ? 'open' : ''}`}>
        {(kind & BOX.openable) !== 0 && <Icon name="right" />}
      </span>
      <span class="outline-name" title={label}>
        {label}
      </span>
      <span class="muted outline-note">{scene.note[row]}</span>
    </div>
  );
}

/** Right opens, or goes in; left closes, or goes out. */
function onKey(event: KeyboardEvent, scene: Scene, row: number, model: GraphModel): boolean {
  if (row < 0) return false;
  const kind = kindOf(scene, row);
  const isOpen = (kind & BOX.open) !== 0;
  const box = scene.box[row] ?? -1;
  if (event.key === 'ArrowRight') {
    if (isOpen) void model.select(scene.box[row + 1] ?? box);
    else if (kind & BOX.openable) void model.toggle(box);
    return true;
  }
  if (event.key !== 'ArrowLeft') return false;
  if (isOpen) void model.toggle(box);
  else {
    const depth = scene.depth[row] ?? 0;
    const around = scene.depth.subarray(0, row).findLastIndex((one) => one < depth);
    if (around >= 0) void model.select(scene.box[around] ?? box);
  }
  return true;
}
