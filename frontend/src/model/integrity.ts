import type { FindingPayload, StepPayload, VerifyPayload } from '../api/types';
import { formatBytes, formatCount, formatQuantity } from './format';

/** Words for how a verification stands. */

/** `under 0.01 s`, `0.05 s`, `12 s`, `3 min`, `2 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.01) return 'under 0.01 s';
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Below this a speed or a time left is a guess. */
const STEADY_S = 0.5;

/** `1.2 GB of 4.0 GB`, and once it is steady `2.1 GB/s` and `2 s left`. */
export function describeProgress(
  payload: Pick<VerifyPayload, 'nbytes' | 'done_nbytes' | 'elapsed_s'>,
): string[] {
  const { nbytes, done_nbytes, elapsed_s } = payload;
  const words = [`${formatBytes(done_nbytes)} of ${formatBytes(nbytes)}`];
  if (elapsed_s < STEADY_S || !done_nbytes) return words;
  const speed = done_nbytes / elapsed_s;
  words.push(`${formatBytes(Math.round(speed))}/s`);
  words.push(`${formatDuration((nbytes - done_nbytes) / speed)} left`);
  return words;
}

/** `38 checksums`: what a step looks at. */
export function describeStep(step: StepPayload): string {
  return formatQuantity(step.count, step.noun);
}

export function countProblems(payload: VerifyPayload): number {
  return payload.steps.reduce((sum, step) => sum + step.problem_count, 0);
}

/** Problems that came, in the order of the steps; there may be more, which are only counted. */
export function problemsOf(payload: VerifyPayload): FindingPayload[] {
  return payload.steps.flatMap((step) => step.findings.filter((finding) => finding.problem));
}

/** What is worth knowing and harms nothing. */
export function factsOf(payload: VerifyPayload): FindingPayload[] {
  return payload.steps.flatMap((step) => step.findings.filter((finding) => !finding.problem));
}

/** `38 checksums, 1.2 GB in 0.41 s`: what a verdict rests on. */
export function describeEffort(payload: VerifyPayload): string {
  const checksums = payload.steps
    .filter((step) => step.noun === 'checksum')
    .reduce((sum, step) => sum + step.count, 0);
  if (!payload.done_nbytes) return '';
  const amount = `${formatBytes(payload.done_nbytes)} in ${formatDuration(payload.elapsed_s)}`;
  return checksums ? `${formatQuantity(checksums, 'checksum')}, ${amount}` : amount;
}

/** `128 to 4,224`; with one end only, `from 128`; nothing where no place is known. */
export function formatRange({ start, stop }: Pick<FindingPayload, 'start' | 'stop'>): string {
  if (start === null) return '';
  return stop === null
    ? `from ${formatCount(start)}`
    : `${formatCount(start)} to ${formatCount(stop)}`;
}

/** A file's path below the folder that the artifact at `path` is, or is in. */
export function shortenPath(file: string, path: string): string {
  for (const folder of [`${path}/`, path.slice(0, path.lastIndexOf('/') + 1)])
    if (folder && file.startsWith(folder)) return file.slice(folder.length);
  return file;
}

/** A key without the end that nearly all variables have. */
export function shortenKey(key: string): string {
  return key.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, '');
}

/** One finding as a line for a report. */
export function writeFinding(finding: FindingPayload): string {
  const range = formatRange(finding);
  const place = [finding.path, range && `bytes ${range}`, finding.thing].filter(Boolean).join(', ');
  return `${place}${place ? ': ' : ''}${sentence(finding.fact)} ${finding.next_step}`.trim();
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}
