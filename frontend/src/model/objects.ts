import type { ObjectPayload } from '../api/types';

/** A line of the object tree. Objects may be shared and form cycles: `path` tells places apart. */
export interface ObjectLine {
  /** Node ids from the root to here, joined by `/`. */
  path: string;
  /** Name by which the parent holds it; empty for the root. */
  name: string;
  id: number;
  /** Undefined until it has been fetched. */
  node: ObjectPayload | undefined;
  depth: number;
  open: boolean;
  /** Whether it stands above itself: then it is named, not unfolded again. */
  repeats: boolean;
  position: number;
  siblings: number;
}

type Nodes = ReadonlyMap<number, ObjectPayload>;

/** The unfolded tree below node 0. Only open places are walked, so a cycle ends by itself. */
export function listObjects(nodes: Nodes, open: ReadonlySet<string>): ObjectLine[] {
  const lines: ObjectLine[] = [];
  const visit = (line: Omit<ObjectLine, 'open' | 'node' | 'repeats'>, above: number[]) => {
    const node = nodes.get(line.id);
    const repeats = above.includes(line.id);
    const isOpen = !repeats && open.has(line.path);
    lines.push({ ...line, node, repeats, open: isOpen });
    if (!isOpen || !node) return;
    for (const [index, [name, id]] of node.children.entries()) {
      const place = { path: `${line.path}/${index}:${id}`, name, id, depth: line.depth + 1 };
      visit({ ...place, position: index + 1, siblings: node.children.length }, [...above, line.id]);
    }
  };
  visit({ path: '0', name: '', id: 0, depth: 0, position: 1, siblings: 1 }, []);
  return lines;
}

/** Whether a line can be unfolded. */
export function isBranch(line: ObjectLine): boolean {
  return !line.repeats && (line.node?.children.length ?? 0) > 0;
}

const PLAIN = new Set(['object', 'user_object', '_generic_user_object']);

/** What an object is, in a word or two: its class where one is stored. */
export function describeObject(node: ObjectPayload): string {
  const keras = /^_?tf_keras_(.+)$/.exec(node.label)?.[1];
  if (keras) return `Keras ${keras.replaceAll('_', ' ')}`;
  const label = node.label.replace(/^_generic_user_object$/, '');
  if (label) return label;
  return PLAIN.has(node.kind) ? 'object' : node.kind;
}

/** Ids of children of `line` whose own children are not known yet. */
export function missingBelow(nodes: Nodes, id: number): number[] {
  const children = nodes.get(id)?.children ?? [];
  return [...new Set(children.map(([, child]) => child))].filter((child) => !nodes.has(child));
}

/**
 * Places to open at first: the root, and those of its children that have room, first come first
 * served.
 */
export function openObjectsAtFirst(nodes: Nodes, most = 20): string[] {
  const root = nodes.get(0);
  const open = ['0'];
  let lines = 1 + (root?.children.length ?? 0);
  for (const [index, [, id]] of (root?.children ?? []).entries()) {
    const count = nodes.get(id)?.children.length ?? 0;
    if (!count || id === 0 || lines + count > most) continue;
    lines += count;
    open.push(`0/${index}:${id}`);
  }
  return open;
}
