import type { LineagePayload, RelationPayload, WeightsPayload } from '../api/types';
import { formatCount, formatQuantity } from './format';

/** Whose weights are equal to whose, in words. They say equal, never derived: checksums know no way. */

const WORDS: Record<string, string> = {
  same: 'the same as',
  within: 'all within',
  holds: 'all of',
  part: 'in part as',
};

/** What the weights are: `the same as` those of the other. */
export function describeExtent(extent: string): string {
  return WORDS[extent] ?? extent;
}

/** `4 of 14 tensors`. */
export function describeTensors(relation: RelationPayload, weights: WeightsPayload): string {
  const all = formatQuantity(weights.tensors, 'tensor');
  return relation.tensors === weights.tensors
    ? `all ${all}`
    : `${formatCount(relation.tensors)} of ${all}`;
}

/** `steps 1 – 8` of several checkpoints, a few of them by themselves. */
export function describeSteps(others: readonly { step: number | null }[]): string {
  const steps = others.flatMap(({ step }) => (step === null ? [] : [formatCount(step)]));
  if (steps.length < others.length || !steps.length)
    return formatQuantity(others.length, 'checkpoint');
  return steps.length <= 4 ? `steps ${steps.join(', ')}` : `steps ${steps[0]} – ${steps.at(-1)}`;
}

/** The path of a series, from those of some of its checkpoints: their common start. */
export function seriesPath(others: readonly { path: string }[]): string {
  const first = others[0]?.path ?? '';
  const last = others.at(-1)?.path ?? '';
  let end = 0;
  while (end < first.length && first[end] === last[end]) end += 1;
  return first.slice(0, end).replace(/[-_.]?\d*$/, '');
}

/** The one line that is always there; undefined where relations say it. */
export function describeStanding(payload: LineagePayload): string | undefined {
  const { job, weights, relations } = payload;
  if (!weights) {
    if (payload.problem) return undefined;
    return job.state === 'waiting'
      ? 'waiting for the search'
      : `looking at ${formatCount(job.looked)} of ${formatQuantity(job.artifacts, 'artifact')}`;
  }
  if (relations.length) return undefined;
  if (!weights.tensors) return 'it has no weights to compare';
  if (weights.unknown === weights.tensors)
    return 'not known without reading: no checksums are stored';
  const hidden = weights.unknown
    ? `; ${formatQuantity(weights.unknown, 'weight')} without checksums cannot be compared`
    : '';
  return `in common with no other artifact${hidden}`;
}
