import type { GraphPayload } from '../../src/api/types';
import { readWire, type Wire } from '../../src/graph/wire';

/** A node to draw: name, op, names of its inputs (one that starts with `^` is a control input). */
export type Line = readonly [name: string, op: string, inputs?: readonly string[], more?: More];

interface More {
  flags?: number;
  device?: string;
}

/** The document of a graph, as the server would make it. */
export function payloadOf(lines: readonly Line[], more: Partial<GraphPayload> = {}): GraphPayload {
  const names = { parent: [-1], leaf: [''] };
  const entries = new Map([['', 0]]);
  const entryOf = (name: string): number => {
    const known = entries.get(name);
    if (known !== undefined) return known;
    const slash = name.lastIndexOf('/');
    const parent = entryOf(slash < 0 ? '' : name.slice(0, slash));
    entries.set(name, names.leaf.length);
    names.parent.push(parent);
    names.leaf.push(name.slice(slash + 1));
    return names.leaf.length - 1;
  };
  const ops = [...new Set(lines.map(([, op]) => op))].sort();
  const devices = [...new Set(lines.map(([, , , extra]) => extra?.device ?? ''))].sort();
  const place = new Map(lines.map(([name], node) => [name, node]));
  const edges: GraphPayload['edges'] = { source: [], port: [], target: [], slot: [], type: [] };
  const control: GraphPayload['control'] = { source: [], target: [] };
  for (const [node, [, , inputs = []]] of lines.entries()) {
    for (const [slot, input] of inputs.entries()) {
      const source = place.get(input.replace('^', '')) ?? 0;
      if (input.startsWith('^')) {
        control.source.push(source);
        control.target.push(node);
        continue;
      }
      edges.source.push(source);
      edges.port.push(0);
      edges.target.push(node);
      edges.slot.push(slot);
      edges.type.push(0);
    }
  }
  return {
    graph: 'f',
    title: 'f',
    tags: [],
    kind: 'function',
    scope: '',
    partial: false,
    names,
    nodes: {
      name: lines.map(([name]) => entryOf(name)),
      op: lines.map(([, op]) => ops.indexOf(op)),
      device: lines.map(([, , , extra]) => devices.indexOf(extra?.device ?? '')),
      flags: lines.map(([, , , extra]) => extra?.flags ?? 0),
      number: [],
    },
    ops,
    devices,
    edges,
    control,
    types: [{ dtype: 'float32', shape: [null, 8], inferred: false }],
    functions: [],
    calls: { node: [], role: [], function: [], known: [], shift: [] },
    inputs: [],
    outputs: [],
    variables: { node: [], key: [], name: [], nbytes: [], parameters: [], readers: [] },
    costs: { flops: lines.map(() => 0), parameter_node: [], parameters: [], nbytes: [] },
    dangling: { count: 0, examples: [] },
    hidden: { node: [], scope: [], count: [] },
    notes: [],
    ...more,
  };
}

export function wireOf(lines: readonly Line[], more: Partial<GraphPayload> = {}): Wire {
  return readWire(payloadOf(lines, more));
}

/** A dense layer as Keras writes it: a variable that comes in as an argument, read beside its use. */
export function denseLines(): { lines: Line[]; more: Partial<GraphPayload> } {
  const lines: Line[] = [
    ['x', 'Input', [], { flags: 1 }],
    ['dense_kernel', 'Input', [], { flags: 1 }],
    ['dense_bias', 'Input', [], { flags: 1 }],
    ['net/dense/MatMul/ReadVariableOp', 'ReadVariableOp', ['dense_kernel'], { flags: 20 }],
    ['net/dense/MatMul', 'MatMul', ['x', 'net/dense/MatMul/ReadVariableOp']],
    ['net/dense/BiasAdd/ReadVariableOp', 'ReadVariableOp', ['dense_bias'], { flags: 20 }],
    ['net/dense/BiasAdd', 'BiasAdd', ['net/dense/MatMul', 'net/dense/BiasAdd/ReadVariableOp']],
    ['net/dense/Relu', 'Relu', ['net/dense/BiasAdd']],
    ['Identity', 'Identity', ['net/dense/Relu', '^NoOp']],
    ['NoOp', 'NoOp', ['^net/dense/MatMul/ReadVariableOp']],
    ['y', 'Output', ['Identity'], { flags: 1 }],
  ];
  const variables = {
    node: [1, 2],
    key: ['k', 'b'],
    name: ['dense/kernel', 'dense/bias'],
    nbytes: [256, 32],
    parameters: [64, 8],
    readers: [[3], [5]],
  };
  const inputs = [{ node: 0, port: 0, name: 'x', key: 'x' }];
  const costs = {
    flops: lines.map(() => 0),
    parameter_node: [3, 5],
    parameters: [64, 8],
    nbytes: [256, 32],
  };
  return { lines, more: { variables, inputs, costs } };
}
