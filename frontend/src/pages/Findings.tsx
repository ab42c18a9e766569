import type { FoundPayload } from '../api/types';
import { describeKind, type Mark, toneOf } from '../model/findings';
import { visibleName } from '../model/format';
import { Icon } from '../ui/Icon';
import { adoptStyles } from '../ui/styles';
import css from './findings.css?inline';

adoptStyles(css);

/** Findings about the health of weights, wherever they are told. */

const ICONS = { bad: 'error', warn: 'warning', muted: 'info' } as const;

/** The first of some kinds of findings beside a name, and how many others there are. */
export function FindingTag(props: { marks: readonly Mark[]; title?: string | undefined }) {
  const [first, ...others] = props.marks;
  if (!first) return null;
  const kinds = props.marks.map(({ kind }) => describeKind(kind)).join(', ');
  return (
    <span class="finding-tag" title={props.title ?? (others.length ? kinds : undefined)}>
      <span class={`finding-mark ${toneOf(first.severity)}`}>{describeKind(first.kind)}</span>
      {others.length > 0 && <span class="muted">+{others.length}</span>}
    </span>
  );
}

/** Findings in full: the evidence, and what to do. Nothing where there is none. */
export function FindingList(props: { findings: readonly FoundPayload[]; label: string }) {
  if (!props.findings.length) return null;
  return (
    <ul class="findings" aria-label={props.label}>
      {props.findings.map((finding) => (
        <Finding key={`${finding.kind} ${finding.evidence}`} finding={finding} />
      ))}
    </ul>
  );
}

function Finding({ finding }: { finding: FoundPayload }) {
  const tone = toneOf(finding.severity);
  return (
    <li class={`finding ${tone}`}>
      <Icon name={ICONS[tone]} />
      <span>
        <span class="hidden">{finding.severity}: </span>
        <strong>{describeKind(finding.kind)}</strong>: {visibleName(finding.evidence)}.{' '}
        <span class="muted">{visibleName(finding.advice)}</span>
      </span>
    </li>
  );
}
