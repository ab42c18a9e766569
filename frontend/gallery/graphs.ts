import type {
  EdgeTypePayload,
  GraphNodePayload,
  GraphPayload,
  GraphsPayload,
} from '../src/api/types';
import { type Line, payloadOf } from '../test/graph/graphs';
import { summarised, usesOf } from './summaries';

/** Graphs as a server would give them: a convnet, an encoder of twelve layers, a large one. */

const FLOPS: Record<string, number> = { Conv2D: 4.2e6, MatMul: 6.5e5, Einsum: 1.2e7, Relu: 8192 };

function variable(lines: Line[], name: string, op: string, inputs: string[], key: string) {
  const argument = name.replaceAll('/', '_').toLowerCase();
  lines.unshift([argument, 'Input', [], { flags: 1 }]);
  lines.push([`${name}/ReadVariableOp`, 'ReadVariableOp', [argument], { flags: 20 }]);
  lines.push([name, op, [...inputs, `${name}/ReadVariableOp`]]);
  return { argument, read: `${name}/ReadVariableOp`, key };
}

type Variables = ReturnType<typeof variable>[];

function convnet(): { lines: Line[]; variables: Variables } {
  const lines: Line[] = [['image', 'Input', [], { flags: 1 }]];
  const variables: Variables = [];
  const add = (name: string, op: string, inputs: string[], key: string) =>
    variables.push(variable(lines, name, op, inputs, key));
  let last = 'image';
  for (const block of ['net/block_1', 'net/block_2', 'net/block_3']) {
    add(`${block}/conv/Conv2D`, 'Conv2D', [last], `${block}/kernel`);
    add(`${block}/conv/BiasAdd`, 'BiasAdd', [`${block}/conv/Conv2D`], `${block}/bias`);
    lines.push([`${block}/relu/Relu`, 'Relu', [`${block}/conv/BiasAdd`]]);
    if (last !== 'image') lines.push([`${block}/add/add`, 'AddV2', [`${block}/relu/Relu`, last]]);
    last = last === 'image' ? `${block}/relu/Relu` : `${block}/add/add`;
  }
  lines.push(
    ['net/flatten/Const', 'Const'],
    ['net/flatten/Reshape', 'Reshape', [last, 'net/flatten/Const']],
  );
  add('net/dense/MatMul', 'MatMul', ['net/flatten/Reshape'], 'net/dense/kernel');
  add('net/dense/BiasAdd', 'BiasAdd', ['net/dense/MatMul'], 'net/dense/bias');
  lines.push(
    ['net/softmax/Softmax', 'Softmax', ['net/dense/BiasAdd']],
    ['Identity', 'Identity', ['net/softmax/Softmax']],
    ['probabilities', 'Output', ['Identity'], { flags: 1 }],
  );
  return { lines, variables };
}

function encoder(): Line[] {
  const lines: Line[] = [
    ['ids', 'Input', [], { flags: 1 }],
    ['mask', 'Input', [], { flags: 1 }],
    ['encoder/mask/Cast', 'Cast', ['mask']],
    ['encoder/embedding/Gather', 'GatherV2', ['ids']],
  ];
  let last = 'encoder/embedding/Gather';
  for (let layer = 0; layer < 12; layer++) {
    const name = `encoder/layer_${layer}`;
    for (const part of ['query', 'key', 'value']) {
      lines.push([`${name}/attention/${part}/einsum/Einsum`, 'Einsum', [last]]);
    }
    lines.push(
      [
        `${name}/attention/scores/Einsum`,
        'Einsum',
        [`${name}/attention/query/einsum/Einsum`, `${name}/attention/key/einsum/Einsum`],
      ],
      [
        `${name}/attention/masked/add`,
        'AddV2',
        [`${name}/attention/scores/Einsum`, 'encoder/mask/Cast'],
      ],
      [`${name}/attention/softmax/Softmax`, 'Softmax', [`${name}/attention/masked/add`]],
      [
        `${name}/attention/context/Einsum`,
        'Einsum',
        [`${name}/attention/softmax/Softmax`, `${name}/attention/value/einsum/Einsum`],
      ],
      [`${name}/attention_add/add`, 'AddV2', [`${name}/attention/context/Einsum`, last]],
      [`${name}/norm/Mean`, 'Mean', [`${name}/attention_add/add`]],
      [`${name}/output/MatMul`, 'MatMul', [`${name}/norm/Mean`]],
    );
    last = `${name}/output/MatMul`;
  }
  lines.push(['pooled', 'Tanh', [last]], ['result', 'Output', ['pooled'], { flags: 1 }]);
  return lines;
}

/** Layers as siblings, as Keras writes them; a node that only orders waits for the reads. */
function blocks(): Line[] {
  const lines: Line[] = [['image', 'Input', [], { flags: 1 }]];
  let last = 'image';
  for (let block = 0; block < 12; block++) {
    const name = (kind: string) => `net/${block ? `${kind}_${block}` : kind}`;
    for (const [kind, op] of [
      ['conv2d', 'Conv2D'],
      ['batch_normalization', 'FusedBatchNormV3'],
      ['re_lu', 'Relu'],
    ] as const) {
      lines.push([name(kind), op, [last]]);
      last = name(kind);
    }
  }
  lines.push(
    ['net/dense/MatMul', 'MatMul', [last]],
    ['NoOp', 'NoOp', ['^net/re_lu_5', '^net/dense/MatMul', '^image']],
    ['Identity', 'Identity', ['net/dense/MatMul', '^NoOp']],
    ['result', 'Output', ['Identity'], { flags: 1 }],
  );
  return lines;
}

/** The first part of one too large to load. */
function parts(): GraphPayload {
  const lines: Line[] = [
    ['tokens', 'Placeholder'],
    ['embedding', '', ['tokens'], { flags: 64 }],
    ['decoder', '', ['embedding'], { flags: 64 }],
    ['head/MatMul', 'MatMul', ['decoder']],
    ['head/Softmax', 'Softmax', ['head/MatMul']],
  ];
  const hidden = {
    node: [1, 2],
    scope: ['embedding', 'decoder'],
    count: [1_240, 1_103_500],
  };
  const payload = payloadOf(lines, { graph: 'parts', title: 'parts', partial: true, hidden });
  payload.nodes.number = [0, -1, -1, 1_104_741, 1_104_742];
  return payload;
}

/** Scopes in scopes, each of which uses some of those before it. */
function large(): Line[] {
  const lines: Line[] = [['x', 'Input', [], { flags: 1 }]];
  for (let i = 0; i < 40; i++) {
    const before = i ? `tower_${(i * 7) % i}/unit_19/Relu` : 'x';
    for (let j = 0; j < 20; j++) {
      const from = j ? `tower_${i}/unit_${j - 1}/Relu` : before;
      const name = `tower_${i}/unit_${j}`;
      lines.push([`${name}/${i % 3 ? 'Mul' : 'AddV2'}`, i % 3 ? 'Mul' : 'AddV2', [from, before]]);
      lines.push([`${name}/Relu`, 'Relu', [`${name}/${i % 3 ? 'Mul' : 'AddV2'}`]]);
    }
  }
  return lines;
}

const TYPES: EdgeTypePayload[] = [{ dtype: 'float32', shape: [null, 28, 28, 32], inferred: false }];

export function graph(id: string): GraphPayload {
  const summed = summarised(id);
  if (summed) return summed;
  if (id === 'damaged') {
    const payload = graph('');
    return { ...payload, edges: { ...payload.edges, target: [9999] } };
  }
  if (id === 'parts') return parts();
  if (id === 'encoder' || id === 'large' || id === 'blocks') {
    const lines = id === 'encoder' ? encoder() : id === 'large' ? large() : blocks();
    return { ...costed(lines), graph: id, title: id, notes: id === 'large' ? NOTES : [] };
  }
  const { lines, variables } = convnet();
  const place = new Map(lines.map(([name], node) => [name, node]));
  const of = (name: string) => place.get(name) ?? 0;
  return {
    ...costed(lines),
    variables: {
      node: variables.map(({ argument }) => of(argument)),
      key: variables.map(({ key }) => key),
      name: variables.map(({ key }) => key),
      nbytes: variables.map(() => 4096),
      parameters: variables.map(() => 1024),
      readers: variables.map(({ read }) => [of(read)]),
    },
    inputs: [{ node: of('image'), port: 0, name: 'image', key: 'image' }],
    outputs: [{ node: of('probabilities'), port: 0, name: 'probabilities', key: 'output_0' }],
    costs: {
      flops: lines.map(([, op]) => FLOPS[op] ?? 0),
      parameter_node: variables.map(({ read }) => of(read)),
      parameters: variables.map((_, i) => 9216 >> i),
      nbytes: variables.map((_, i) => 36_864 >> i),
    },
  };
}

const NOTES = [
  'The file names 2 functions that its library does not have: they are shown without an inside.',
];

function costed(lines: readonly Line[]): GraphPayload {
  const flops = lines.map(([, op]) => FLOPS[op] ?? null);
  const inputs = lines.flatMap(([name, op], node) =>
    op === 'Input' ? [{ node, port: 0, name, key: name }] : [],
  );
  const costs = { flops, parameter_node: [], parameters: [], nbytes: [] };
  return payloadOf(lines, { types: TYPES, inputs, costs });
}

const SUMMED = ['scopes', 'long', 'unknown', 'empty', 'keras:layers'];

export function list(): GraphsPayload {
  const ids = [
    '',
    'encoder',
    'large',
    'damaged',
    'blocks',
    'parts',
    '__inference__save_812',
    ...SUMMED,
  ];
  return {
    first: '',
    graphs: {
      id: ids,
      title: ['main graph', ...ids.slice(1)],
      kind: ids.map((id) => (id ? 'function' : 'main')),
      nodes: [44, 128, 1601, 44, 41, 1_104_743, 60, ...SUMMED.map(() => 1000)],
      edges: [43, 200, 2400, 43, 40, 2_210_000, 60, ...SUMMED.map(() => 1000)],
      control: ids.map(() => 0),
      calls: ids.map(() => []),
      plumbing: ids.map((id) => id.includes('save')),
    },
    signatures: [
      {
        key: 'serving_default',
        tags: ['serve'],
        graph: '',
        body: '',
        internal: false,
        ops: [{ name: 'Conv2D', count: 3 }],
        flops: 1.3e7,
        unknown: 0,
        parameters: 18_000,
      },
    ],
    ops: usesOf(['', 'encoder', 'long', 'unknown'].map(graph)),
    unread: { key: [], name: [] },
    notes: [],
  };
}

export function none(): GraphsPayload {
  const graphs = {
    id: [],
    title: [],
    kind: [],
    nodes: [],
    edges: [],
    control: [],
    calls: [],
    plumbing: [],
  };
  const ops = { name: [], count: [], flags: [], estimated: [], graph: [] };
  return { first: '', graphs, signatures: [], ops, unread: { key: [], name: [] }, notes: [] };
}

export function node(id: string, number: number): GraphNodePayload {
  const payload = graph(id);
  const { source, target, port, slot } = payload.edges;
  const edges = source.map((from, i) => ({
    from,
    to: target[i] ?? 0,
    port: port[i] ?? 0,
    slot: slot[i] ?? 0,
  }));
  const type = TYPES[0] ?? null;
  const inputs = edges
    .filter((edge) => edge.to === number)
    .map((edge) => ({
      slot: edge.slot,
      name: edge.slot ? 'filter' : 'input',
      node: edge.from,
      port: 0,
      type,
    }));
  const outputs = edges
    .filter((edge) => edge.from === number)
    .map((edge) => ({ slot: 0, name: '', node: edge.to, port: edge.slot, type }));
  return {
    graph: id,
    node: number,
    name: pathOf(payload, payload.nodes.name[number] ?? 0),
    op: payload.ops[payload.nodes.op[number] ?? 0] ?? '',
    device: '/device:GPU:0',
    flags: payload.nodes.flags[number] ?? 0,
    flops: 4.2e6,
    parameters: 9216,
    attributes: [
      { name: 'T', kind: 'type', value: 'float32' },
      { name: 'data_format', kind: 'string', value: '"NHWC"' },
      { name: 'explicit_paddings', kind: 'list', value: '[]' },
      { name: 'strides', kind: 'list', value: '[1, 2, 2, 1]' },
    ],
    inputs,
    input_count: inputs.length,
    outputs,
    output_count: outputs.length,
    control_inputs: [],
    control_outputs: [],
    constant: null,
    calls: [],
    variables: [],
    source: [{ file: 'train/model.py', line: 41, function: 'call' }],
    notes: [],
  };
}

function pathOf({ names }: GraphPayload, entry: number): string {
  const above = names.parent[entry] ?? -1;
  return above > 0
    ? `${pathOf({ names } as GraphPayload, above)}/${names.leaf[entry]}`
    : (names.leaf[entry] ?? '');
}
