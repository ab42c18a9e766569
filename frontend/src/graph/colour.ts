import { at, opOf, type Wire } from './wire';

/** What boxes are coloured by. */
export const COLOURINGS = [
  'op',
  'device',
  'dtype',
  'parameters',
  'bytes',
  'flops',
  'tflite',
  'tfjs',
  'serving',
] as const;
export type Colouring = (typeof COLOURINGS)[number];

const AMOUNTS = ['parameters', 'bytes', 'flops'] as const;
export type AmountColouring = (typeof AMOUNTS)[number];

export function isAmount(colouring: Colouring): colouring is AmountColouring {
  return (AMOUNTS as readonly string[]).includes(colouring);
}

const TARGETS = ['tflite', 'tfjs', 'serving'] as const;
/** Whether it runs there, by its op. */
export type TargetColouring = (typeof TARGETS)[number];

export function isTarget(colouring: Colouring): colouring is TargetColouring {
  return (TARGETS as readonly string[]).includes(colouring);
}

/** What a target makes of ops: a verdict of portability for each. */
export type Support = ReadonlyMap<string, string>;

/** The better first, each with its slot. */
const VERDICTS: readonly (readonly [verdict: string, name: string, slot: number])[] = [
  ['works', 'works', 3],
  ['needs', 'needs something', 2],
  ['unknown', 'unknown', 5],
  ['fails', 'does not work', 4],
];

/** Colourings by what a node is; a name for each, empty for none. */
const NAMES: Record<Exclude<Colouring, 'op' | AmountColouring | TargetColouring>, NameOf> = {
  device: deviceOf,
  dtype: dtypeOf,
};
type NameOf = (wire: Wire, node: number) => string;

/** As many colours as the palette has; the last is for all others. */
export const SLOTS = 8;

export interface Colours {
  /** Names of the colours in use, from 1 on; empty for an amount. */
  legend: { slot: number; name: string; count: number }[];
  /** Slot of each node, 0 for none. */
  slot: Uint8Array;
}

/** Kinds of ops, and of Keras layers; the first that fits. */
const KINDS: readonly (readonly [name: string, ops: RegExp])[] = [
  ['Input and result', /^(Input(Layer)?|Output|Placeholder(WithDefault)?|_Arg|_Retval)$/],
  [
    'Calls and control',
    /Call|While|^(Stateless)?If$|Case$|Switch|Merge$|Enter|Exit|NextIteration|LoopCond|MapDefun/,
  ],
  ['Variables, constants, tables', /^Const$|Variable|VarHandle|Table|Resource|Lookup/],
  [
    'Matrix, convolution, pooling',
    /Conv|MatMul|Einsum|Pool|LSTM|GRU|RNN|FFT|^Dense$|EinsumDense|Embedding|Attention/,
  ],
  [
    'Activation',
    /^(Relu6?|ReLU|PReLU|Sigmoid|Tanh|(Log)?Softmax|Elu|ELU|Selu|Leaky(Relu|ReLU)|Soft(plus|sign)|Erf|Activation)$/,
  ],
  [
    'Shape and order',
    /Reshape|Shape|Slice|Transpose|Concat|Pack|Squeeze|ExpandDims|Split|Gather|Tile|Fill|Pad|Cast|Range|Where|Reverse|Scatter|TopK|OneHot|^Identity|Flatten|Permute|UpSampling|Cropping|Repeat/,
  ],
  [
    'Arithmetic and reduction',
    /Add|Mul|Sub|Div|sqrt|Sqrt|Square|Mean|Sum|Prod|Max|Min|Pow|Exp|Log|Neg|Norm|Equal|Less|Greater|Select|Abs|Floor|Round|Any|All|Dropout|Rescaling|Average|Dot$/,
  ],
];

/** The kind of work an op does, as a colour; 0 for none of the known ones. */
export function colourOp(op: string): number {
  return KINDS.findIndex(([, ops]) => ops.test(op)) + 1;
}

/** Gives every node its colour; none where boxes are coloured by an amount. */
export function colourNodes(wire: Wire, by: Colouring, support: Support): Colours {
  if (isAmount(by)) return { legend: [], slot: new Uint8Array() };
  if (isTarget(by)) return colourByVerdict(wire, support);
  return by === 'op' ? colourByOp(wire) : colourByName(wire, NAMES[by]);
}

/** Colours for the most frequent names, and one for all others. */
function colourByName(wire: Wire, name: NameOf): Colours {
  const counts = new Map<string, number>();
  for (let node = 0; node < wire.count; node++) {
    const key = name(wire, node);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  counts.delete('');
  const ranked = [...counts].sort((a, b) => b[1] - a[1]);
  const own = ranked.slice(0, ranked.length > SLOTS ? SLOTS - 1 : SLOTS);
  const slots = new Map(own.map(([key], i) => [key, i + 1]));
  const slot = new Uint8Array(wire.count);
  for (let node = 0; node < wire.count; node++) {
    const key = name(wire, node);
    slot[node] = key ? (slots.get(key) ?? SLOTS) : 0;
  }
  const legend = own.map(([key, count], i) => ({ slot: i + 1, name: key, count }));
  const others = ranked.slice(own.length).reduce((sum, [, count]) => sum + count, 0);
  if (others) legend.push({ slot: SLOTS, name: 'others', count: others });
  return { legend, slot };
}

function colourByOp(wire: Wire): Colours {
  const names = KINDS.map(([name], i) => [name, i + 1] as const);
  return colourByClass(wire, colourOp, names);
}

function colourByVerdict(wire: Wire, support: Support): Colours {
  const slots = new Map(VERDICTS.map(([verdict, , slot]) => [verdict, slot]));
  const names = VERDICTS.map(([, name, slot]) => [name, slot] as const);
  return colourByClass(wire, (op) => slots.get(support.get(op) ?? '') ?? 0, names);
}

/** The colour of what holds two others: of targets the worse one, else the one both have. */
export function joinSlots(by: Colouring, one: number, other: number): number {
  if (!isTarget(by)) return one === other ? one : 0;
  const rank = (wanted: number) => VERDICTS.findIndex(([, , slot]) => slot === wanted);
  return rank(one) < rank(other) ? other : one;
}

function colourByClass(
  wire: Wire,
  slotOf: (op: string) => number,
  names: readonly (readonly [name: string, slot: number])[],
): Colours {
  const ofOp = wire.payload.ops.map(slotOf);
  const slot = new Uint8Array(wire.count);
  const counts = new Int32Array(SLOTS + 1);
  for (let node = 0; node < wire.count; node++) {
    const one = at(ofOp, at(wire.op, node));
    slot[node] = one;
    counts[one] = at(counts, one) + 1;
  }
  const legend = names
    .map(([name, one]) => ({ slot: one, name, count: at(counts, one) }))
    .filter((entry) => entry.count);
  return { legend, slot };
}

function deviceOf(wire: Wire, node: number): string {
  return wire.payload.devices[at(wire.device, node)] ?? '';
}

/** Of the first output that something uses; of what it takes, for one without. */
function dtypeOf(wire: Wire, node: number): string {
  const ends = wire.outOf.start[node] === wire.outOf.start[node + 1] ? wire.into : wire.outOf;
  if (ends.start[node] === ends.start[node + 1] || opOf(wire, node) === 'NoOp') return '';
  const type = at(wire.type, at(ends.edge, at(ends.start, node)));
  return type < 0 ? '' : (wire.payload.types[type]?.dtype ?? '');
}

/** How much of a colour is in the shades of amounts, from little to much; text is read on all. */
export const SHADES = [0.12, 0.18, 0.25, 0.32, 0.39, 0.46, 0.53, 0.6] as const;

export function shadeOf(part: number, colour: string, page: string): string {
  return `color-mix(in srgb, ${colour} ${part * 100}%, ${page})`;
}

/** Slot of an amount beside the largest: its root, so that a tenth is not nothing. */
export function colourAmount(amount: number, most: number): number {
  if (!(amount > 0) || !(most > 0)) return 0;
  return Math.max(1, Math.ceil(SLOTS * Math.sqrt(Math.min(1, amount / most))));
}
