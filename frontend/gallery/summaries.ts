import type { GraphPayload, OpUsesPayload } from '../src/api/types';
import { type Line, payloadOf } from '../test/graph/graphs';

/** Graphs whose sums are looked at: many scopes, long names, unknown costs, layers, nothing. */
export function summarised(id: string): GraphPayload | undefined {
  if (id === 'scopes') return costed(id, scopes());
  if (id === 'long') return costed(id, long());
  if (id === 'unknown') return costed(id, unknown());
  if (id === 'empty') return { ...payloadOf([]), graph: id, title: id };
  if (id === 'keras:layers') return { ...costed(id, layers()), kind: 'layers' };
  return undefined;
}

/** Blocks of layers of different sizes: more than 5,000 scopes. */
function scopes(): Line[] {
  const lines: Line[] = [];
  for (let stage = 0; stage < 8; stage++) {
    for (let block = 0; block < 40; block++) {
      for (let part = 0; part < 16; part++) {
        const name = `net/stage_${stage}/block_${block}/conv_${part}`;
        lines.push([`${name}/Conv2D`, 'Conv2D']);
      }
    }
  }
  return lines;
}

function long(): Line[] {
  const part = 'a_name_that_somebody_put_together_from_everything_that_it_holds_';
  const name = part.repeat(3).slice(0, 200);
  return ['first', 'second', 'third'].flatMap((end): Line[] => [
    [`${name}/${name}_${end}/MatMul`, 'MatMul'],
    [`${name}/${name}_${end}/${name}`, `${part}Op`, [], { flags: 32 }],
  ]);
}

function unknown(): Line[] {
  return [0, 1, 2].flatMap((i): Line[] => [
    [`forest/tree_${i}/Predict`, 'SimpleMLInferenceOpWithHandle', [], { flags: 36 }],
    [`forest/tree_${i}/Table`, 'SimpleMLCreateModelResource', [], { flags: 36 }],
  ]);
}

function layers(): Line[] {
  const lines: Line[] = [['image', 'InputLayer']];
  for (let block = 1; block < 6; block++) {
    lines.push(
      [`backbone/conv_${block}`, 'Conv2D'],
      [`backbone/norm_${block}`, 'BatchNormalization'],
      [`backbone/relu_${block}`, 'Activation'],
    );
  }
  return [...lines, ['head', 'Dense'], ['attention', 'TalkingHeads', [], { flags: 32 }]];
}

const FLOPS: Record<string, number | null> = { Conv2D: 1, MatMul: 3, Relu: 0.01 };

/** Parameters and operations of sizes that differ, the same every time. */
function costed(id: string, lines: readonly Line[]): GraphPayload {
  const isLayers = id === 'keras:layers';
  const owners = lines.flatMap(([, op], node) =>
    /Conv2D|MatMul|Dense|Norm/.test(op) ? [node] : [],
  );
  const parameters = owners.map((node) => 64 * (1 + ((node * 7919) % 997)) * (1 + (node % 13)));
  return payloadOf(lines, {
    graph: id,
    title: id,
    variables: {
      node: owners,
      key: owners.map((node) => `variables/${node}`),
      name: owners.map((node) => `${lines[node]?.[0]}/kernel`),
      nbytes: parameters.map((count) => 4 * count),
      parameters,
      readers: owners.map((node) => [node]),
    },
    costs: {
      flops: lines.map(([, op], node) => {
        const unit = isLayers ? null : (FLOPS[op] ?? null);
        return unit && Math.round(unit * 1e5 * (1 + ((node * 104_729) % 499)));
      }),
      parameter_node: owners,
      parameters,
      nbytes: parameters.map((count) => 4 * count),
    },
  });
}

/** What all graphs of the gallery use. */
export function usesOf(payloads: readonly GraphPayload[]): OpUsesPayload {
  const uses = new Map<string, { count: number; flags: number; graph: string }>();
  for (const { graph, nodes, ops, kind } of payloads) {
    if (kind === 'layers') continue;
    for (const [i, number] of nodes.op.entries()) {
      if ((nodes.flags[i] ?? 0) & 1) continue;
      const name = ops[number] ?? '';
      const use = uses.get(name) ?? { count: 0, flags: 0, graph };
      const flags = use.flags | ((nodes.flags[i] ?? 0) & 44);
      uses.set(name, { ...use, count: use.count + 1, flags });
    }
  }
  const sorted = [...uses].sort(([, a], [, b]) => b.count - a.count);
  return {
    name: sorted.map(([name]) => name),
    count: sorted.map(([, { count }]) => count),
    flags: sorted.map(([, { flags }]) => flags),
    estimated: sorted.map(([, { flags }]) => !(flags & 32)),
    graph: sorted.map(([, { graph }]) => graph),
  };
}
