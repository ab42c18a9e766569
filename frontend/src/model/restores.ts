import type { RestoreAttachmentPayload, RestorePayload, RestoreRowsPayload } from '../api/types';
import { formatShape } from './format';
import { compileSearch } from './search';

/** What a restore would do, as the page shows it. */

export const STATUS_WORDS: Readonly<Record<string, string>> = {
  shape_mismatch: 'Shape',
  dtype_mismatch: 'Type',
  partial: 'Partial',
  missing: 'Missing',
  unused: 'Unused',
  matched: 'Matched',
};
export const STATUSES = Object.keys(STATUS_WORDS);

/** What each status means, for a title. */
export const STATUS_TITLES: Readonly<Record<string, string>> = {
  shape_mismatch: 'The checkpoint has it in another shape',
  dtype_mismatch: 'The checkpoint has it in another type',
  partial: 'The checkpoint has some of its slices only',
  missing: 'The checkpoint does not have it',
  unused: 'The checkpoint has it, and nothing of the target asks for it',
  matched: 'Both sides have it, of one type and shape',
};

export const METHOD_WORDS: Readonly<Record<string, string>> = {
  object: 'Object graph',
  name: 'By name',
  keras_h5: 'Layers of HDF5',
  keras_weights: 'Paths of layers',
};

export type Tone = 'good' | 'warn' | 'bad';

/** How it stands, and the word for it that comes before the sentence. */
export function judge(payload: RestorePayload): { tone: Tone; word: string } {
  if (!payload.call) return { tone: 'bad', word: 'No call restores this' };
  if (payload.failure) return { tone: 'bad', word: 'Fails' };
  if (!payload.total) return { tone: 'warn', word: 'Nothing to restore' };
  if (payload.fits) return { tone: 'good', word: 'Fits' };
  if (!payload.restored) return { tone: 'bad', word: 'Nothing fits' };
  return { tone: 'warn', word: 'Fits in part' };
}

/** The parameters of a request, as the address has them. `all` shows every status. */
export function askFor(route: {
  id: string;
  with: string;
  method: string;
  option: string;
  attach: string;
  state: string;
}): Record<string, string> {
  const asked: Record<string, string> = { checkpoint: route.id, target: route.with };
  if (route.method) asked.method = route.method;
  for (const name of route.option ? route.option.split(',') : []) asked[name] = '1';
  if (route.attach) asked.attach = route.attach === '.' ? '' : route.attach;
  if (route.state) asked.status = route.state === 'all' ? STATUSES.join() : route.state;
  return asked;
}

/** Rows of what does not match, in all. */
export function countDiffering(counts: RestorePayload['counts']): number {
  return countAll(counts) - (counts.matched ?? 0);
}

export function countAll(counts: RestorePayload['counts']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** What tells a row from others, and stays the same when other rows are shown. */
export function keyOfRow(rows: RestoreRowsPayload, row: number): string {
  const key = rows.target_key[row];
  return key != null ? `target:${key}` : `checkpoint:${rows.checkpoint_key[row] ?? ''}`;
}

/** What a person calls the variable. */
export function nameOfRow(rows: RestoreRowsPayload, row: number): string {
  return rows.target_name[row] ?? rows.checkpoint_name[row] ?? '';
}

const SEARCHED = [
  'target_name',
  'target_key',
  'checkpoint_name',
  'checkpoint_key',
  'looked_for',
] as const;

/** Places of the rows of which a name, a key or a path has the text. */
export function searchRows(rows: RestoreRowsPayload, search: string): number[] {
  const match = compileSearch(search);
  const all = [...rows.status.keys()];
  if (typeof match === 'string') return [];
  if (!search.trim()) return all;
  return all.filter((row) => SEARCHED.some((name) => match(rows[name][row] ?? '')));
}

/** Type and shape of one side, and which of the two the other side has otherwise. */
export interface Spec {
  dtype: string;
  shape: string;
  otherDtype: boolean;
  otherShape: boolean;
}

/** Type and shape of both sides; null where a side has nothing. */
export function specsOf(rows: RestoreRowsPayload, row: number): [Spec | null, Spec | null] {
  const target = { dtype: rows.target_dtype[row], shape: rows.target_shape[row] };
  const source = { dtype: rows.checkpoint_dtype[row], shape: rows.checkpoint_shape[row] };
  const both = target.dtype != null && source.dtype != null;
  const otherDtype = both && target.dtype !== source.dtype;
  const otherShape = both && target.shape?.join() !== source.shape?.join();
  const spec = (side: typeof target): Spec | null =>
    side.dtype == null
      ? null
      : { dtype: side.dtype, shape: formatShape(side.shape ?? []), otherDtype, otherShape };
  return [spec(target), spec(source)];
}

/** An attachment that was tried, with its place among all of them. */
export interface Tried {
  attachment: RestoreAttachmentPayload;
  at: number;
}

/** Attachments that match something, the plain one and the one shown: the best first. */
export function listTried(payload: RestorePayload): Tried[] {
  return payload.attachments
    .map((attachment, at) => ({ attachment, at }))
    .filter(
      ({ attachment, at }) =>
        attachment.matched > 0 ||
        at === payload.attached ||
        !(attachment.checkpoint + attachment.target),
    )
    .sort((a, b) => b.attachment.matched - a.attachment.matched || a.at - b.at);
}

const TARGETS: Readonly<Record<string, string>> = {
  graph_def:
    'A GraphDef holds constants, and no variables that a restore could set. Names are compared all the same. Choose the SavedModel or the checkpoint it was frozen from.',
};
const SOURCES: Readonly<Record<string, string>> = {
  graph_def:
    'A GraphDef is no checkpoint: nothing restores its constants. Names are compared all the same. Choose the checkpoint it was frozen from.',
  meta_graph:
    'A MetaGraph holds no values: its checkpoint lies beside it. This says what that one would have to hold.',
  description:
    'A description says what a live model is, and is no checkpoint. Choose it as what is restored into.',
};

/** Why kinds of artifacts cannot stand where they are, and what would do; empty if all is well. */
export function explainSides(checkpoint: string, target: string): string[] {
  return [SOURCES[checkpoint], TARGETS[target]].flatMap((text) => text ?? []);
}
