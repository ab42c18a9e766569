import type {
  ArtifactRow,
  LineageJobPayload,
  LineageMarksPayload,
  LineagePayload,
  RelationPayload,
  SharedLayersPayload,
  WeightsPayload,
} from '../src/api/types';
import type { Case } from './cases';

/** What artifacts have in common. */

export type Kin = 'looking' | 'found' | 'many' | 'none' | 'unknown' | 'long';

const DONE: LineageJobPayload = { state: 'done', looked: 47, artifacts: 47, note: null };
const LOOKING: LineageJobPayload = { state: 'looking', looked: 1204, artifacts: 9800, note: null };

const WEIGHTS: WeightsPayload = {
  hash: 'mi1:b6f0b3c24fe40e01f905a559cae76c2f',
  tensors: 60,
  parameters: 401_034,
  nbytes: 1_604_136,
  unknown: 0,
  telling: 44,
  left_out: 2,
  repeated: 0,
  repeated_nbytes: 0,
};

type Other = RelationPayload['others'][number];

function relation(extent: string, others: Other[], more: Partial<RelationPayload> = {}) {
  const whole = {
    extent,
    others,
    ties: others.length,
    less: 0,
    tensors: 60,
    parameters: 401_034,
    other_tensors: 60,
    other_parameters: 401_034,
  };
  return { ...whole, ...more };
}

function relative(row: Pick<ArtifactRow, 'id' | 'path' | 'kind' | 'step'>): Other {
  const { id, path, kind, step } = row;
  return { id, path, kind, step };
}

const LONG = `archive/${'a_folder_with_a_long_name/'.repeat(7)}a_model_that_was_exported_again`;

function relationsOf(view: Case): RelationPayload[] {
  const rows = view.artifacts.artifacts;
  const steps = (letter: string) =>
    rows.filter(({ id }) => id.startsWith(`ckpt-${letter}-`)).map(relative);
  const [a, b] = [steps('a'), steps('b')];
  const part = { tensors: 52, parameters: 318_400, other_tensors: 52, other_parameters: 318_400 };
  const found = [
    relation('same', a.slice(-1), { less: 5 }),
    relation('part', b, part),
    relation('within', [
      { id: 'partial', path: 'archive/variables-9000', kind: 'checkpoint', step: 9000 },
    ]),
  ];
  if (view.lineage === 'found') return found;
  const long = (index: number) => ({
    id: `long-${index}`,
    path: `${LONG}_${index}`,
    kind: 'saved_model',
    step: null,
  });
  if (view.lineage === 'long')
    return [0, 1, 2].map((index) => relation('holds', [long(index)], part));
  return [
    ...found,
    ...Array.from({ length: 17 }, (_, index) => relation('part', [long(index)], part)),
  ];
}

export function lineage(view: Case): LineagePayload {
  const known = { job: DONE, weights: WEIGHTS, problem: null, relations: [], more: 0 };
  switch (view.lineage) {
    case 'looking':
      return { ...known, job: LOOKING, weights: null };
    case 'unknown':
      return { ...known, weights: { ...WEIGHTS, hash: null, unknown: 60, telling: 0 } };
    case 'none':
    case undefined:
      return known;
    default: {
      const weights = { ...WEIGHTS, repeated: 14, repeated_nbytes: 39_348 };
      const more = view.lineage === 'many' ? 235 : 0;
      return { ...known, weights, relations: relationsOf(view), more };
    }
  }
}

export function marks(view: Case): LineageMarksPayload {
  const columns: LineageMarksPayload = {
    job: DONE,
    id: [],
    extent: [],
    other: [],
    path: [],
    step: [],
    last_step: [],
    ties: [],
    parameters: [],
    of_parameters: [],
  };
  const add = (
    row: ArtifactRow | undefined,
    extent: string,
    other: Other | undefined,
    part = 1,
  ) => {
    if (!row || !other) return;
    columns.id.push(row.id);
    columns.extent.push(extent);
    columns.other.push(other.id);
    columns.path.push(other.path);
    columns.step.push(other.step);
    columns.last_step.push(other.step);
    columns.ties.push(1);
    columns.parameters.push(Math.round(401_034 * part));
    columns.of_parameters.push(401_034);
  };
  if (!view.lineage) return columns;
  const rows = view.artifacts.artifacts;
  const of = (id: string) => rows.find((row) => row.id === id);
  const last = of('ckpt-a-6');
  add(of('export-a'), 'same', last);
  add(last, 'same', of('export-a'));
  for (const row of rows) if (row.id.startsWith('ckpt-b-')) add(row, 'part', last, 0.15);
  add(of('export-b'), 'same', { id: 'gone', path: LONG, kind: 'saved_model', step: null });
  add(of('large'), 'within', { id: 'gone', path: LONG, kind: 'saved_model', step: null });
  return columns;
}

export function sharedLayers(view: Case): SharedLayersPayload {
  const start = view.lineage === 'long' ? `${LONG}/` : 'network/';
  const layers = Array.from({ length: 26 }, (_, index) => {
    const name = `${start}block_${index >> 1}/${index % 2 ? 'norm' : 'conv'}`;
    const count = index % 2 ? 4 : 2;
    const tensors = Array.from({ length: count }, (_, at) => ({
      name: `${name}/${['kernel', 'bias', 'mean', 'variance'][at]}`,
      other_name: `${name}/${at}`,
      dtype: 'float32',
      shape: [64],
      size: 64,
      is_telling: true,
    }));
    const other_name = view.lineage === 'found' ? name : name.replace(start, 'backbone/');
    return {
      name,
      other_name,
      of_tensors: index === 4 ? 3 : count,
      parameters: 64 * count,
      tensors,
    };
  });
  return { layers, left_out: view.lineage === 'many' ? 40 : 0 };
}
