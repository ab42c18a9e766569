import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../../api/client';
import type { ObjectPayload } from '../../api/types';
import { visibleName } from '../../model/format';
import {
  describeObject,
  isBranch,
  listObjects,
  missingBelow,
  type ObjectLine,
  openObjectsAtFirst,
} from '../../model/objects';
import { api, reloads } from '../../state';
import { Icon } from '../../ui/Icon';
import { uniformRows } from '../../ui/rows';
import { VirtualGrid } from '../../ui/VirtualGrid';
import { Problem, ViewLink } from '../parts';
import { Section } from '../Section';

const ROW_PX = 26;
const MOST_ROWS = 20;

/** The tree of objects that were saved, fetched branch by branch as it is unfolded. */
export function Objects({ id, count }: { id: string; count: number }) {
  const open = useSignal<ReadonlySet<string>>(new Set(['0']));
  const { nodes, problem, fetchNodes } = useNodes(id, open);
  const active = useSignal('');
  const lines = listObjects(nodes.value, open.value);
  const toggle = (line: ObjectLine) => {
    if (!isBranch(line)) return;
    const next = new Set(open.value);
    if (!next.delete(line.path)) {
      next.add(line.path);
      void fetchNodes(missingBelow(nodes.value, line.id).length ? [line.id] : []);
    }
    open.value = next;
  };
  const at = lines.findIndex((line) => line.path === active.value);
  return (
    <Section title="Object tree" count={count}>
      {problem.value && <Problem error={problem.value} what="The objects cannot be read" />}
      <div
        class="tree-box"
        style={{ height: `${Math.min(lines.length, MOST_ROWS) * ROW_PX + 2}px` }}
      >
        <VirtualGrid
          role="tree"
          label="Object tree"
          rows={uniformRows(lines.length, ROW_PX)}
          active={at}
          onActive={(index) => {
            active.value = lines[index]?.path ?? '';
          }}
          onOpen={(index) => lines[index] && toggle(lines[index])}
          onKey={(event) => {
            const to = moveInTree(event.key, lines, at, toggle);
            if (to !== undefined) active.value = lines[to]?.path ?? active.value;
            return to !== undefined;
          }}
          rowKey={(index) => lines[index]?.path ?? ''}
          rowProps={(index) => treeProps(lines[index])}
        >
          {(index) => <Line line={lines[index]} id={id} />}
        </VirtualGrid>
      </div>
    </Section>
  );
}

function useNodes(id: string, open: Signal<ReadonlySet<string>>) {
  const nodes = useSignal<ReadonlyMap<number, ObjectPayload>>(new Map());
  const problem = useSignal<ApiError | undefined>(undefined);
  const fetchNodes = async (wanted: number[]) => {
    try {
      if (wanted.length) {
        const answer = await api().objects(id, wanted);
        const came = answer.nodes.map((node) => [node.id, node] as const);
        nodes.value = new Map([...nodes.value, ...came]);
      }
      problem.value = undefined;
    } catch (error) {
      problem.value = error instanceof ApiError ? error : new ApiError('Unexpected', String(error));
    }
  };
  const start = async () => {
    await fetchNodes([0]);
    const first = openObjectsAtFirst(nodes.value);
    await fetchNodes(first.slice(1).map((path) => Number(path.split(':').pop())));
    open.value = new Set([...open.value, ...first]);
  };
  const count = reloads.value;
  useEffect(() => void start(), [id, count]);
  return { nodes, problem, fetchNodes };
}

function treeProps(line: ObjectLine | undefined) {
  if (!line) return {};
  return {
    'aria-level': line.depth + 1,
    'aria-posinset': line.position,
    'aria-setsize': line.siblings,
    ...(isBranch(line) ? { 'aria-expanded': line.open } : {}),
  };
}

/** Where the left and right arrows lead, as trees have it; undefined for other keys. */
function moveInTree(
  key: string,
  lines: readonly ObjectLine[],
  at: number,
  toggle: (line: ObjectLine) => void,
): number | undefined {
  const line = lines[at];
  if (!line || (key !== 'ArrowLeft' && key !== 'ArrowRight')) return undefined;
  if (key === 'ArrowRight') {
    if (isBranch(line) && line.open) return at + 1;
    if (isBranch(line)) toggle(line);
    return at;
  }
  if (line.open) {
    toggle(line);
    return at;
  }
  const parent = lines.slice(0, at).findLastIndex((other) => other.depth < line.depth);
  return Math.max(parent, 0);
}

function Line({ line, id }: { line: ObjectLine | undefined; id: string }) {
  if (!line) return null;
  const { node } = line;
  return (
    <div class="object" style={{ paddingLeft: `${line.depth * 18}px` }}>
      {isBranch(line) ? (
        <span class={`twisty ${line.open ? 'open' : ''}`}>
          <Icon name="right" />
        </span>
      ) : (
        <span class="twisty" />
      )}
      <span class="object-name">{line.depth ? visibleName(line.name) : 'root'}</span>
      {line.repeats && (
        <span class="object-loop" title="This object stands above itself: the objects form a cycle">
          <Icon name="loop" /> see above
        </span>
      )}
      {node && (
        <span class="muted object-kind">
          {visibleName(describeObject(node))}
          {node.detail && ` · ${visibleName(node.detail)}`}
        </span>
      )}
      {node?.keys[0] !== undefined && (
        <ViewLink
          to={{ page: 'weights', id, tensor: node.keys[0] }}
          class="object-link"
          title={node.keys.join('\n')}
          tabIndex={-1}
        >
          {node.keys.length === 1 ? 'values' : `${node.keys.length} tensors`}
        </ViewLink>
      )}
    </div>
  );
}
