import type { FoundPayload } from '../api/types';
import { describeKind, type Mark, toneOf } from '../model/findings';
import { visibleName } from '../model/format';
import { Icon } from '../ui/Icon';
import { adoptStyles } from '../ui/styles';
import css from './findings.css?inline';

adoptStyles(css);

/** Findings about the health of weights, wherever they are told. */

const ICONS = { bad: 'error', warn: 'warning', muted: 'info' } as const;

/** A kind of finding beside a name. */
export function FindingMark(props: Mark & { title?: string | undefined }) {
  return (
    <span class={`finding-mark ${toneOf(props.severity)}`} title={props.title}>
      {describeKind(props.kind)}
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
        {visibleName(finding.advice)}
      </span>
    </li>
  );
}
