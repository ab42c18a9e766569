import type {
  PortabilityOpsPayload,
  PortabilityTargetPayload,
  PortabilityWriterPayload,
  ScanFindingPayload,
  ScanOriginPayload,
  ScanPayload,
} from '../api/types';
import { formatCount, formatQuantity, visibleName } from './format';
import { compileSearch } from './search';

/** Words for whether an artifact is safe, whole, and where it runs. */

export type Tone = 'good' | 'warn' | 'bad' | 'muted';

/** The worst first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
/** From good to bad. */
const TARGET_VERDICTS = ['works', 'needs', 'unknown', 'fails'];

/** Findings of one rule and severity, in the order they came in. */
export interface FindingGroup {
  key: string;
  title: string;
  severity: string;
  /** What was seen and what to do, each where it is the same for all of them. */
  evidence: string;
  advice: string;
  findings: ScanFindingPayload[];
}

/** Findings that pass the filters, by rule; an empty set lets all severities through. */
export function groupFindings(
  findings: readonly ScanFindingPayload[],
  severities: ReadonlySet<string>,
  search: string,
): FindingGroup[] {
  const match = compileSearch(search);
  if (typeof match === 'string') return [];
  const groups = new Map<string, FindingGroup>();
  for (const finding of findings) {
    const { rule, severity, title, evidence, advice } = finding;
    if (severities.size && !severities.has(severity)) continue;
    if (search && !match(textOf(finding))) continue;
    const key = `${severity} ${rule}`;
    const group = groups.get(key) ?? { key, title, severity, evidence, advice, findings: [] };
    if (group.evidence !== evidence) group.evidence = '';
    if (group.advice !== advice) group.advice = '';
    group.findings.push(finding);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** All of a finding that a person may look for. */
function textOf({ what, title, argument, evidence, where, reached_from }: ScanFindingPayload) {
  const names = reached_from.map(({ name }) => name);
  const places = [where.file, where.graph, where.node, where.inside];
  return [what, title, argument, evidence, ...places, ...names].filter(Boolean).join(' ');
}

/** What was seen, as a sentence; a path or an op at its start stays as it is. */
export function writeSentence(evidence: string): string {
  const start = /^[a-z]+ /.test(evidence) ? upperFirst(evidence) : evidence;
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const ORIGINS: Record<string, string> = {
  graph: 'running the graph',
  initialisation: 'initialisation',
  loading: 'loading',
  saver: 'the saver',
};

/** `signature serving_default`, `initialisation`: one who reaches a finding. */
export function describeOrigin({ kind, name }: ScanOriginPayload): string {
  return ORIGINS[kind] ?? `${kind} ${visibleName(name)}`;
}

/** The tone and the word of a verdict of the scan. */
export function judge({ verdict, integrity }: ScanPayload): { tone: Tone; word: string } {
  if (verdict === 'clean') return { tone: 'good', word: integrity ? 'Clean and whole' : 'Clean' };
  const word = upperFirst(verdict);
  return { tone: verdict === 'dangerous' || verdict === 'damaged' ? 'bad' : 'warn', word };
}

/** What the scan found, in a sentence without its end. */
export function describeScan(payload: ScanPayload): string {
  const { findings, counts, problem, gaps } = payload;
  const worst = mostExposed(findings);
  if (problem) return 'It cannot be read, so little is known of it';
  if (!worst) {
    return gaps.length
      ? 'Nothing was found, but not all of it could be looked at'
      : 'Nothing that the rules know was found';
  }
  const told = SEVERITIES.filter((severity) => counts[severity]).slice(0, 2);
  const sums = told.map((severity) => `${formatCount(counts[severity] ?? 0)} ${severity}`);
  const total = told.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0);
  const noun = total === 1 ? 'finding:' : 'findings, the worst:';
  const first = worst.reached_from.find(isSignature) ?? worst.reached_from[0];
  return `${sums.join(' and ')} ${noun} ${lowerFirst(worst.title)}${first ? describeWay(first) : ''}`;
}

/** Of the worst findings the first that a signature reaches, if one does. */
function mostExposed(findings: readonly ScanFindingPayload[]): ScanFindingPayload | undefined {
  const first = findings[0];
  return (
    findings.find(
      ({ severity, reached_from }) =>
        severity === first?.severity && reached_from.some(isSignature),
    ) ?? first
  );
}

function isSignature({ kind }: ScanOriginPayload): boolean {
  return kind === 'signature';
}

const WAYS: Record<string, string> = {
  graph: ', when it is run',
  initialisation: ', when it is loaded',
  loading: ', when it is loaded',
  saver: ', when it is saved or restored',
};

function describeWay(origin: ScanOriginPayload): string {
  return WAYS[origin.kind] ?? `, reached from ${describeOrigin(origin)}`;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** What the last verification says; `state` is how a verification stands now. */
export function describeIntegrity(integrity: string | null, state: string | undefined): string {
  if (state === 'running' || state === 'waiting') return 'It is being verified';
  if (integrity === 'passed') return 'All bytes are as they were saved';
  if (integrity === 'failed') return 'Its bytes are not as they were saved';
  if (integrity === 'incomplete') return 'It was verified in part';
  return 'Its checksums were not verified';
}

const VERDICTS: Record<string, { tone: Tone; word: string; sentence: string }> = {
  works: { tone: 'good', word: 'works', sentence: 'works with' },
  needs: { tone: 'warn', word: 'needs', sentence: 'needs something for' },
  unknown: { tone: 'muted', word: 'not known', sentence: 'it is not known for' },
  fails: { tone: 'bad', word: 'fails', sentence: 'does not work with' },
};

/** The tone and the word of a verdict about a target. */
export function judgeTarget(verdict: string): { tone: Tone; word: string } {
  return VERDICTS[verdict] ?? { tone: 'muted', word: verdict };
}

/** `It works with TensorFlow 2.21, does not work with TensorFlow Lite`. */
export function describeTargets(targets: readonly PortabilityTargetPayload[]): string {
  const parts = TARGET_VERDICTS.flatMap((verdict) => {
    const titles = targets.filter((one) => one.verdict === verdict).map(({ title }) => title);
    return titles.length ? [`${VERDICTS[verdict]?.sentence} ${joinWords(titles)}`] : [];
  });
  return parts.length ? `It ${parts.join('; ').replace(/^it /, '')}` : '';
}

/** `a, b and c` */
export function joinWords(words: readonly string[]): string {
  return words.length < 2
    ? (words[0] ?? '')
    : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** `TensorFlow 2.5.0, GraphDef version 716 (that of 2.5), readable from 12`. */
export function describeWriter(writer: PortabilityWriterPayload): string {
  const { tensorflow, keras, producer, min_consumer, released } = writer;
  const [oldest, newest] = released;
  const range = oldest === newest ? oldest : `${oldest} to ${newest}`;
  return [
    tensorflow && `TensorFlow ${visibleName(tensorflow)}`,
    keras && `Keras ${visibleName(keras)}`,
    producer && `GraphDef version ${producer}${oldest ? ` (that of ${range})` : ''}`,
    min_consumer && `readable from ${min_consumer}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** Places of ops in the columns: those that the fewest targets take first, then by name. */
export function rankOps(ops: PortabilityOpsPayload): number[] {
  const badness = ops.op.map((_, at) =>
    ops.support.reduce(
      (sum, { verdict }) => sum + 4 ** Math.max(TARGET_VERDICTS.indexOf(verdict[at] ?? ''), 0) - 1,
      0,
    ),
  );
  return ops.op.map((_, at) => at).sort((a, b) => (badness[b] ?? 0) - (badness[a] ?? 0) || a - b);
}

/** `1,234 nodes in 12 functions, 2 documents, 4 files`: what the scan looked at. */
export function describeEffort(payload: ScanPayload): string {
  const { nodes, functions, documents, files } = payload;
  const graph = nodes
    ? `${formatQuantity(nodes, 'node')}${functions ? ` in ${formatQuantity(functions, 'function')}` : ''}`
    : '';
  return [
    graph,
    documents && formatQuantity(documents, 'document'),
    files && formatQuantity(files, 'file'),
  ]
    .filter(Boolean)
    .join(', ');
}

/** Targets with one put in, or taken out. */
export function toggleTarget(targets: string, target: string): string {
  const all = targets.split(',').filter(Boolean);
  const others = all.filter((one) => one !== target);
  return (others.length < all.length ? others : [...all, target]).join(',');
}
