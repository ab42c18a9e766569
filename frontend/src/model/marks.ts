import type { LineageJobPayload, LineageMarksPayload, ScanMarkPayload } from '../api/types';
import { formatCount, formatQuantity, visibleName } from './format';

/** What Home says of lineage and of the scan; little, since Home is loaded first. */

/** The closest relation of an artifact, as Home tells it. */
export interface LineageMark {
  extent: string;
  /** Id and path of the other; the first of several that fit equally well. */
  other: string;
  path: string;
  step: number | null;
  last_step: number | null;
  ties: number;
  parameters: number;
  of_parameters: number;
}

export function marksById(payload: LineageMarksPayload): Map<string, LineageMark> {
  const marks = new Map<string, LineageMark>();
  const { extent, other, path, step, last_step, ties, parameters, of_parameters } = payload;
  for (const [at, id] of payload.id.entries()) {
    marks.set(id, {
      extent: extent[at] ?? '',
      other: other[at] ?? '',
      path: path[at] ?? '',
      step: step[at] ?? null,
      last_step: last_step[at] ?? null,
      ties: ties[at] ?? 1,
      parameters: parameters[at] ?? 0,
      of_parameters: of_parameters[at] ?? 0,
    });
  }
  return marks;
}

/** Whether a later answer will say more. */
export function isUnderWay(job: LineageJobPayload): boolean {
  return job.state !== 'done';
}

/** `15 %`; 0 and 100 only where that is exact. */
export function formatShare(part: number, whole: number): string {
  if (part === 0 || part === whole) return part ? '100 %' : '0 %';
  const percent = (100 * part) / whole;
  if (percent < 1) return '<1 %';
  return percent > 99 ? '>99 %' : `${Math.round(percent)} %`;
}

const SIGNS: Record<string, string> = { same: '=', within: 'all in', holds: 'has all of' };

/** `= step 300`, `15 % = run/export/1`: what stands beside a path, for a person who knows the run. */
export function describeMark(mark: LineageMark, run: string | null): [sign: string, name: string] {
  const share = `${formatShare(mark.parameters, mark.of_parameters)} =`;
  const isNear = run !== null && run !== '.' && mark.path.startsWith(`${run}/`);
  const path = isNear ? mark.path.slice((run ?? '').length + 1) : mark.path;
  const name = isNear && mark.step !== null ? describeTies(mark) : visibleName(path);
  return [SIGNS[mark.extent] ?? share, name];
}

function describeTies({ step, last_step, ties }: LineageMark): string {
  const first = `step ${formatCount(step ?? 0)}`;
  if (ties < 2 || last_step === null || last_step === step) return first;
  return `${first.replace('step', 'steps')} – ${formatCount(last_step)}`;
}

const SENTENCES: Record<string, string> = {
  same: 'The same weights as',
  within: 'All its weights are in',
  holds: 'It has all weights of',
};

/** The whole of it, for the title. */
export function explainMark(mark: LineageMark): string {
  const share = formatShare(mark.parameters, mark.of_parameters);
  const start = SENTENCES[mark.extent] ?? `${share} of its parameters are equal to those of`;
  const more = mark.ties > 1 ? `, and ${formatCount(mark.ties - 1)} more of its series` : '';
  return `${start} ${visibleName(mark.path)}${more}`;
}

const HARMLESS: ReadonlySet<string | null> = new Set([null, 'low', 'info']);

/** Whether Home tells it; that an artifact cannot be read its state says already. */
export function isGrave({ worst, rule }: ScanMarkPayload): boolean {
  return !HARMLESS.has(worst) && rule !== 'unreadable';
}

/** `Writes a file, and 3 more findings: show them`. */
export function explainScanMark({ title, findings }: ScanMarkPayload): string {
  const more = findings > 1 ? `, and ${formatQuantity(findings - 1, 'more finding')}` : '';
  return `${title}${more}: show ${more ? 'them' : 'it'}`;
}
