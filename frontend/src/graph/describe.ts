import { formatQuantity, visibleName } from '../model/format';
import type { Drawing, Read } from './drawing';
import { unitPath } from './hierarchy';
import { BOX, type Face } from './scene';
import { at, FLAG, nodeName, opOf } from './wire';

/** What a box stands for. */
export interface Description {
  path: string;
  label: string;
  /** Number of `graph_node`; -1 for a scope or bundle. */
  node: number;
  isBundle: boolean;
  nodes: number;
  parameters: number;
  bytes: number;
  flops: number;
  /** Nodes whose operations are unknown. */
  unknown: number;
  ops: { name: string; count: number }[];
  /** What is folded into it. */
  folded: { node: number; name: string; op: string }[];
  variables: Read[];
  calls: { role: string; function: string; known: boolean }[];
}

/** Everything about a box that the document tells. Cost: the nodes in it. */
export function describeBox(drawing: Drawing, box: number): Description {
  const { wire, hierarchy, plans } = drawing;
  const isBundle = plans.isBundle(box);
  const unit = plans.units(box)[0] ?? 0;
  const node = isBundle ? -1 : at(hierarchy.node, unit);
  const folded = node < 0 ? [] : drawing.foldedInto(node);
  return {
    path: unitPath(hierarchy, isBundle ? plans.scope(box) : unit),
    label: plans.label(box),
    node: node < 0 ? -1 : (wire.payload.nodes.number[node] ?? node),
    isBundle,
    nodes: drawing.count(box),
    parameters: drawing.total(box, 'parameters'),
    bytes: drawing.total(box, 'bytes'),
    flops: drawing.total(box, 'flops'),
    unknown: drawing.total(box, 'unknown'),
    ops: countOps(drawing, box),
    folded: folded.map((one) => ({ node: one, name: nodeName(wire, one), op: opOf(wire, one) })),
    variables: drawing.variablesOf(node, folded),
    calls: callsOf(drawing, node),
  };
}

function countOps(drawing: Drawing, box: number): Description['ops'] {
  const counts = new Map<string, number>();
  for (const node of drawing.nodesWithin(box)) {
    const op = opOf(drawing.wire, node);
    if (!op) continue; // not loaded
    counts.set(op, (counts.get(op) ?? 0) + 1);
  }
  const ops = [...counts].map(([name, count]) => ({ name, count }));
  return ops.sort((a, b) => b.count - a.count);
}

function callsOf({ wire }: Drawing, node: number): Description['calls'] {
  const { calls, functions } = wire.payload;
  return calls.node.flatMap((caller, i) => {
    if (caller !== node) return [];
    const called = functions[calls.function[i] ?? -1] ?? '';
    const [role = '', known = false] = [calls.role[i], calls.known[i]];
    return [{ role, function: called, known }];
  });
}

/** What is written on a box. */
export function faceOf(drawing: Drawing, box: number): Omit<Face, 'colour'> {
  const { wire, plans, hierarchy } = drawing;
  const label = visibleName(plans.label(box));
  if (plans.isOpenable(box)) {
    const bundle = plans.isMany(box) ? BOX.bundle : 0;
    const note = formatQuantity(drawing.count(box), 'node');
    return { label, note, kind: BOX.openable | bundle };
  }
  const node = at(hierarchy.node, box);
  const flags = at(wire.flags, node);
  if (flags & FLAG.hidden) {
    const note = `${formatQuantity(drawing.count(box), 'node')}, not loaded`;
    return { label, note, kind: BOX.openable | BOX.unloaded };
  }
  const kind =
    (flags & FLAG.boundary ? BOX.boundary : 0) |
    (flags & FLAG.calls ? BOX.calls : 0) |
    (flags & FLAG.custom ? BOX.custom : 0);
  return { label, note: nodeNote(drawing, node, label), kind };
}

/** The op where the name does not tell it, and the variables that are read. */
function nodeNote(drawing: Drawing, node: number, label: string): string {
  const { wire } = drawing;
  const op = opOf(wire, node);
  const last = label.slice(label.lastIndexOf('/') + 1).replace(/_\d+$/, '');
  const variables = drawing.variablesOf(node, drawing.foldedInto(node));
  const names = variables.map(({ name }) => visibleName(name.slice(name.lastIndexOf('/') + 1)));
  const some = names.slice(0, 3).join(', ') + (names.length > 3 ? ` +${names.length - 3}` : '');
  return [last === op ? '' : op, some].filter(Boolean).join(' · ');
}
