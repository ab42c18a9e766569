import type { ScalarRunPayload, ScalarsPayload } from '../api/types';

/** TensorBoard's scalars beside a series: which to show at first, and its value at a checkpoint. */

export interface ScalarChoice {
  run: string;
  tag: string;
}

/** `validation` in `train_1/validation`, seen from the series' run `train_1`. */
export function subRun(run: string, of: string | null): string {
  if (of !== null && run === of) return '';
  return of !== null && run.startsWith(`${of}/`) ? run.slice(of.length + 1) : run;
}

/** `validation/epoch_loss`: the tag, after what its run is called within the series' run. */
export function nameScalar({ run, tag }: ScalarChoice, of: string | null): string {
  const sub = subRun(run, of);
  return sub ? `${sub}/${tag}` : tag;
}

/**
 * The scalar that tells best which checkpoint is good: a validation loss, a loss, or any.
 *
 * @param folder Of the series: a run that is not its own is only shown when a person chooses it.
 */
export function chooseScalar(
  runs: readonly ScalarRunPayload[],
  folder: string,
): ScalarChoice | null {
  let best: { choice: ScalarChoice; score: number } | null = null;
  for (const { run, tags } of runs) {
    if (!isOwnRun(run, folder)) continue;
    for (const tag of tags) {
      const score = scoreScalar(run, tag);
      if (!best || score > best.score) best = { choice: { run, tag }, score };
    }
  }
  return best?.choice ?? null;
}

/** Whether a run's folder holds a series, lies in it, or is one of `train` and the like beside it. */
function isOwnRun(run: string, folder: string): boolean {
  const [own, place] = [partsOf(run), partsOf(folder)];
  let common = 0;
  while (common < own.length && own[common] === place[common]) common += 1;
  if (common === own.length || common === place.length) return true;
  return place.length - common === 1 && /^(train|val|eval|test)/i.test(own[common] ?? '');
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function scoreScalar(run: string, tag: string): number {
  if (!/loss|error|perplexity/i.test(tag)) return 0;
  const own = run.slice(run.lastIndexOf('/') + 1);
  const isHeldOut = /val|eval|test/i.test(tag) || /val|eval|test/i.test(own);
  const isOfEpoch = !/batch|iteration|_vs_/i.test(tag);
  return 1 + (isHeldOut ? 4 : 0) + (isOfEpoch ? 1 : 0) + (/loss/i.test(tag) ? 0.5 : 0);
}

/** The same scalar in the runs of another series: of the same sub-run, or else of any. */
export function findScalar(
  runs: readonly ScalarRunPayload[],
  wanted: ScalarChoice,
  seen: { from: string | null; to: string | null },
): ScalarChoice | null {
  const own = subRun(wanted.run, seen.from);
  const having = runs.filter(({ tags }) => tags.includes(wanted.tag));
  const found = having.find(({ run }) => subRun(run, seen.to) === own) ?? having[0];
  return found ? { run: found.run, tag: wanted.tag } : null;
}

/** Whether more of it is better, as of an accuracy. */
export function isHigherBetter(tag: string): boolean {
  return /acc|auc|precision|recall|(^|[_/])f1|score|bleu|iou|psnr|reward|return/i.test(tag);
}

/** A scalar at a checkpoint; `exact` false: it is of an earlier `step`. */
export interface ScalarPoint {
  value: number;
  step: number;
  exact: boolean;
}

/** For each checkpoint, by its id; those without a value are left out. */
export function pointsOf({ checkpoints }: ScalarsPayload): Map<string, ScalarPoint> {
  const points = new Map<string, ScalarPoint>();
  for (const [at, id] of checkpoints.id.entries()) {
    const [value, step] = [checkpoints.value[at] ?? null, checkpoints.step[at] ?? null];
    if (id === null || value === null || step === null) continue;
    points.set(id, { value, step, exact: checkpoints.exact[at] ?? false });
  }
  return points;
}
