/** Two answers to one call, side by side: what fits, what differs, and the same on a command line. */

import type {
  ArtifactRow,
  RunComparedPayload,
  RunComparisonPayload,
  RunValuePayload,
} from '../api/types';
import { fileOf } from './callSnippets';
import { nest } from './calls';
import type { Suggestion } from './choices';
import { formatKind, formatQuantity } from './format';
import { formatNumber } from './numbers';
import { isNear, isSource, isUsable } from './pairs';
import { type Range, rangeLength } from './slices';
import { quote, quoteShell } from './snippets';

const MOST = 6;
const HOLDS_VALUES: readonly string[] = ['checkpoint', 'h5', 'keras', 'saved_model'];

/** Whether an artifact can be the other side, or give values to a model. */
export function fitsAnswers({ kind, state }: ArtifactRow): boolean {
  return HOLDS_VALUES.includes(kind) && (state === 'complete' || state === 'partial');
}

/** What a model is likely compared with: near ones first, of a series of checkpoints the last. */
export function suggestAnswers(rows: readonly ArtifactRow[], row: ArtifactRow): Suggestion[] {
  const seen = new Set<string>();
  const rank = (one: ArtifactRow) => (isNear(row, one) ? 0 : one.kind === 'saved_model' ? 1 : 2);
  return rows
    .filter((one) => fitsAnswers(one) && isUsable(row, one) && one.state === 'complete')
    .sort((a, b) => rank(a) - rank(b) || stepOf(b) - stepOf(a) || b.mtime_s - a.mtime_s)
    .filter((one) => {
      const series = one.series ?? one.id;
      return !seen.has(series) && seen.add(series);
    })
    .slice(0, MOST)
    .map((one) => {
      const word = isSource(one) && one.series ? 'The last checkpoint' : formatKind(one.kind);
      return { id: one.id, why: `${word} ${isNear(row, one) ? 'near it' : 'elsewhere'}` };
    });
}

function stepOf({ step }: ArtifactRow): number {
  return step ?? -1;
}

export interface Verdict {
  tone: 'good' | 'warn';
  word: string;
  text: string;
}

/** The result in a sentence, whose first words are `word`. */
export function judgeAnswers({ outputs }: RunComparedPayload): Verdict {
  const unequal = outputs.filter(({ difference }) => difference.different || difference.reason);
  const differing = outputs.filter(({ difference }) => difference.differs);
  const all = outputs.length;
  if (!all) return { tone: 'warn', word: 'No outputs', text: 'to compare' };
  if (differing.length) {
    const word = `${differing.length} of ${formatQuantity(all, 'output')}`;
    return { tone: 'warn', word, text: `${differ(differing.length)}${byAtMost(differing, all)}` };
  }
  const lost = unequal.filter(({ difference }) => !difference.different);
  if (lost.length === all) return { tone: 'warn', word: 'Nothing', text: 'has values to compare' };
  if (lost.length < unequal.length) {
    return {
      tone: 'good',
      word: 'Within the tolerance',
      text: byAtMost(unequal, all).replace(', by', 'with'),
    };
  }
  const but = lost.length ? `; ${lost.length} without values` : '';
  return { tone: 'good', word: 'Equal', text: `in every element of every output${but}` };
}

function differ(count: number): string {
  return count === 1 ? 'differs' : 'differ';
}

function byAtMost(pairs: RunComparedPayload['outputs'], all: number): string {
  const most = pairs.reduce((a, b) =>
    (b.difference.largest ?? -1) > (a.difference.largest ?? -1) ? b : a,
  );
  const { largest, place, reason, size } = most.difference;
  const of = all > 1 ? ` of ${most.key}` : '';
  if (largest === null) return reason && !size ? `: ${reason}${of}` : '';
  const at = place.length ? ` at [${place.join(', ')}]` : '';
  return `, by at most ${formatNumber(largest)}${at}${of}`;
}

/** An element of both sides. */
export interface Element {
  place: string;
  left: string;
  right: string;
  /** As text; empty where they are equal, or where it is no number. */
  difference: string;
  /** From 0 to 1: its part of the largest that is shown. */
  strength: number;
  differs: boolean;
}

/** The elements of a region, with what they differ by. */
export function pairElements(
  dtype: string,
  left: readonly string[],
  right: readonly string[],
  region: readonly Range[],
): Element[] {
  const gaps = left.map((text, at) => gapOf(dtype, text, right[at] ?? ''));
  const largest = Math.max(0, ...gaps.filter(Number.isFinite).map(Math.abs));
  return left.map((text, at) => {
    const gap = gaps[at] ?? 0;
    const differs = gap !== 0;
    const shown = !differs || Number.isNaN(gap) ? '' : exactGap(dtype, text, right[at] ?? '', gap);
    const strength = Number.isFinite(gap) && largest ? Math.abs(gap) / largest : Number(differs);
    return {
      place: placeOf(at, region),
      left: text,
      right: right[at] ?? '',
      difference: shown,
      strength,
      differs,
    };
  });
}

/** Right less left; 0 where they are equal, NaN where the difference is no number. */
function gapOf(dtype: string, left: string, right: string): number {
  if (left === right) return 0;
  if (!/int|float/.test(dtype)) return Number.NaN;
  const gap = Number(right) - Number(left);
  return gap === 0 && /int/.test(dtype) ? Number(BigInt(right) - BigInt(left)) : gap;
}

function exactGap(dtype: string, left: string, right: string, gap: number): string {
  if (!/int/.test(dtype)) return `${gap > 0 ? '+' : ''}${formatNumber(gap)}`;
  const whole = BigInt(right) - BigInt(left);
  return whole > 0 ? `+${whole}` : String(whole).replace('-', '−');
}

/** Where in its tensor an element of a region stands: `3, 0`. */
function placeOf(number: number, region: readonly Range[]): string {
  const indices: number[] = [];
  let rest = number;
  for (const range of [...region].reverse()) {
    const length = Math.max(1, rangeLength(range));
    indices.unshift(range.start + (rest % length) * range.step);
    rest = Math.floor(rest / length);
  }
  return indices.join(', ');
}

/** An inner tensor as the command line names it: the calls that lead there, its node and output. */
export function pathOf(one: { calls: string; node: string; output: number }): string {
  return `${one.calls ? `${one.calls}/` : ''}${one.node}:${one.output}`;
}

/** `modelinspect run` that compares the same, with these inputs. */
export function writeCompare(
  comparison: RunComparisonPayload,
  call: { tags: readonly string[]; signature: string },
  inputs: readonly RunValuePayload[],
): string {
  const { left, right, tolerance } = comparison;
  const options = [`--dir ${quoteShell(left.location)}`];
  if (call.tags.length) options.push(`--tag_set ${quoteShell(call.tags.join())}`);
  options.push(`--signature_def ${quoteShell(call.signature)}`);
  const short = inputs.filter(isWritten);
  const long = inputs.filter((one) => !isWritten(one));
  const given = (option: string, ones: typeof inputs, write: (one: RunValuePayload) => string) => {
    const text = ones.map((one) => `${one.key}=${write(one)}`).join(';');
    if (text) options.push(`--${option} ${quoteShell(text)}`);
  };
  given('input_exprs', short, expressionOf);
  given('inputs', long, ({ key }) => fileOf(key));
  if (left.values) options.push(`--restore ${quoteShell(left.values.location)}`);
  options.push(`--against ${quoteShell((right.values ?? right).location)}`);
  if (tolerance) options.push(`--tolerance ${tolerance}`);
  return ['modelinspect run', ...options].join(' \\\n  ');
}

/** Whether an input stands in the command itself; of others it names a file. */
export function isWritten({ text, dtype }: RunValuePayload): boolean {
  return text !== null && text.length <= 64 && !/complex/.test(dtype);
}

function expressionOf({ text, dtype, shape }: RunValuePayload): string {
  const elements = (text ?? []).map((one) => {
    if (dtype === 'string') return quote(one);
    return /nan|inf/i.test(one) && dtype !== 'bool'
      ? one.toLowerCase().replace(/nan|inf/, 'np.$&')
      : one;
  });
  return shape.includes(0) ? `np.zeros((${shape.join(', ')},))` : nest(elements, shape);
}
