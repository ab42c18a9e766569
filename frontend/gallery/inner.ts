import type { RunAnswerPayload, RunWatchedPayload, TensorsPayload } from '../src/api/types';

/** Inner tensors: one of each kind, and a scope of many. */

const CALLS = 'StatefulPartitionedCall/StatefulPartitionedCall';
const LONG = `net/${'a_scope_that_goes_on_and_on/'.repeat(7)}to_its_end/Relu`;

function tensor(
  op: string,
  shape: number[] | null,
  more: Partial<RunWatchedPayload> = {},
): RunWatchedPayload {
  const size = (shape ?? []).reduce((product, count) => product * count, 1);
  return {
    node: `net/block_1/conv/${op}`,
    output: 0,
    op,
    calls: CALLS,
    dtype: 'float32',
    shape,
    size,
    nbytes: 4 * size,
    finite: size,
    min: '-0.38841',
    max: '0.390017',
    mean: '0.0118',
    text: ['0.5', '-0.25', '0.0', '1.75'].slice(0, size),
    reason: '',
    ...more,
  };
}

const NOTHING = { finite: null, min: null, max: null, mean: null, text: [], nbytes: 0 };
const LARGE = tensor('Conv2D', [64, 112, 112, 64], {
  ...NOTHING,
  finite: 51_380_224,
  reason: '205,520,896 bytes are more than the 16,777,216 asked for of a tensor',
});
const RESOURCE = tensor('VarHandleOp', null, {
  ...NOTHING,
  dtype: 'resource',
  size: 0,
  reason: 'a resource or a variant has no values outside of TensorFlow',
});
const ODD = tensor('Log', [64, 48], { finite: 2904, node: 'net/block_1/odd' });

const SIDES = [112, 56, 28, 14, 7];

/** The tensors of a convolutional network, block by block. */
function many(): RunWatchedPayload[] {
  return Array.from({ length: 212 }, (_, at) => {
    const block = Math.floor(at / 14);
    const side = SIDES[Math.min(4, Math.floor(block / 3))] ?? 7;
    const shape = [1, side, side, 32 << Math.min(4, Math.floor(block / 3))];
    const op = ['Conv2D', 'FusedBatchNormV3', 'Relu', 'ReadVariableOp', 'AddV2'][at % 5] ?? '';
    const node = `net/block_${block}/unit_${at % 14}/${op}`;
    if (at === 40) return tensor(op, [64, 48], { node: 'net/block_2/odd', finite: 2904 });
    if (at === 41) return { ...LARGE, node };
    if (at % 50 === 7) return { ...RESOURCE, node };
    if (at === 44) return tensor(op, shape, { node: LONG });
    if (at === 4) return tensor(op, [2], { node, dtype: 'string', finite: null, text: ['a', 'b'] });
    return tensor(op, shape, { node, output: at % 5 === 1 ? at % 6 : 0 });
  });
}

export const INNER = {
  maps: [tensor('Conv2D', [8, 28, 28, 32])],
  kernel: [tensor('ReadVariableOp', [3, 3, 16, 32])],
  heads: [tensor('Softmax', [1, 12, 50, 50])],
  matrix: [tensor('MatMul', [32, 10])],
  nan: [ODD],
  vector: [tensor('BiasAdd', [1, 128])],
  scalar: [tensor('Mean', [], { min: '0.25', max: '0.25', mean: '0.25', text: ['0.25'] })],
  strings: [
    tensor('Const', [3], { ...NOTHING, dtype: 'string', text: ['red', '<b>blue</b>', 'é'] }),
  ],
  empty: [tensor('Where', [0, 4], { ...NOTHING, finite: 0 })],
  large: [LARGE],
  resource: [RESOURCE],
  none: [],
  long: [tensor('Relu', [4, 16], { node: LONG, calls: `${CALLS}/${LONG}` })],
  scope: many(),
} satisfies Record<string, RunWatchedPayload[]>;

export type InnerCase = keyof typeof INNER;

export function withInner(answer: RunAnswerPayload, inner: InnerCase): RunAnswerPayload {
  const watched: RunWatchedPayload[] = INNER[inner];
  return { ...answer, watched, watched_count: watched.length };
}

/** The same as tensors of an artifact, of which pictures and values are made; keys by place. */
export function tensorsOf(inner: InnerCase): { tensors: TensorsPayload; keys: string[] } {
  const watched: RunWatchedPayload[] = INNER[inner];
  const keys = watched.map(({ node }, place) => (node.endsWith('/odd') ? 'odd' : String(place)));
  const tensors = {
    key: keys,
    name: keys,
    dtype: watched.map(({ dtype }) => dtype),
    shape: watched.map(({ shape }) => shape ?? []),
    nbytes: watched.map(({ nbytes }) => nbytes),
  };
  return { tensors: tensors as unknown as TensorsPayload, keys };
}
