import { useSignal } from '@preact/signals';
import type {
  PortabilityEvidencePayload,
  PortabilityPayload,
  PortabilityTargetPayload,
} from '../../api/types';
import { formatCount, formatQuantity, visibleName } from '../../model/format';
import { joinWords, judgeTarget, toggleTarget } from '../../model/trust';
import { go, route, useAnswer } from '../../state';
import { CopyButton } from '../../ui/CopyButton';
import { Icon, type IconName } from '../../ui/Icon';
import { useMore } from '../Section';
import { NodeLink } from './NodeLink';

const FIRST_REASONS = 8;
const SIGNS: Record<string, IconName> = {
  works: 'check',
  needs: 'plus',
  unknown: 'info',
  fails: 'error',
};

/** A row for each target: the usual ones, and those that were asked for. */
export function Targets({ id, payload }: { id: string; payload: PortabilityPayload }) {
  const { target } = route.value;
  return (
    <>
      <ul class="trust-targets">
        {payload.targets.map((one) => (
          <Target key={one.target} id={id} target={one} />
        ))}
        {target
          .split(',')
          .filter(Boolean)
          .map((one) => (
            <Asked key={one} id={id} target={one} />
          ))}
      </ul>
      <Ask releases={payload.releases} />
    </>
  );
}

/** A target of the address. */
function Asked({ id, target }: { id: string; target: string }) {
  const { value, error } = useAnswer(`${id} ${target}`, (client, signal) =>
    client.portability(id, target, signal),
  );
  if (error) {
    return (
      <li class="trust-refused">
        <span class="state bad" role="alert">
          <Icon name="error" />
          {visibleName(error.message)}
        </span>
        <Remove target={target} />
      </li>
    );
  }
  if (!value) return <li class="trust-refused muted">Looking…</li>;
  return (
    <>
      {value.targets.map((one) => (
        <Target key={one.target} id={id} target={one} isAsked />
      ))}
    </>
  );
}

function Remove({ target }: { target: string }) {
  return (
    <button
      type="button"
      class="plain small square"
      title="Leave it out"
      aria-label={`Leave ${target} out`}
      onClick={() => go({ target: toggleTarget(route.value.target, target) })}
    >
      <Icon name="close" />
    </button>
  );
}

/** A field for another target. */
function Ask({ releases }: { releases: readonly string[] }) {
  const text = useSignal('');
  return (
    <form
      class="trust-ask"
      onSubmit={(event) => {
        event.preventDefault();
        const asked = text.value.replace(/\s/g, '');
        const { target } = route.value;
        if (asked && !target.split(',').includes(asked)) {
          go({ target: toggleTarget(target, asked) });
        }
        text.value = '';
      }}
    >
      <input
        class="field narrow"
        list="trust-releases"
        aria-label="Another target"
        placeholder="Another, such as tf==2.12"
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
      />
      <datalist id="trust-releases">
        {['tf', 'serving'].flatMap((name) =>
          releases.toReversed().map((release) => {
            const value = `${name}==${release}`;
            return <option key={value} value={value} />;
          }),
        )}
      </datalist>
      <button type="submit" class="plain small outlined" disabled={!text.value.trim()}>
        Look
      </button>
    </form>
  );
}

export function TargetVerdict({ verdict }: { verdict: string }) {
  const { tone, word } = judgeTarget(verdict);
  return (
    <span class={`state ${tone}`}>
      <Icon name={SIGNS[verdict] ?? 'info'} />
      {word}
    </span>
  );
}

function Target(props: { id: string; target: PortabilityTargetPayload; isAsked?: boolean }) {
  const { id, target, isAsked } = props;
  const { evidence } = target;
  const line = (
    <>
      <TargetVerdict verdict={target.verdict} />
      <span class="trust-title">{target.title}</span>
      <span class="trust-summary">{visibleName(target.summary)}</span>
    </>
  );
  return (
    <li>
      {evidence.length ? (
        <details>
          <summary>
            <Icon name="right" />
            {line}
            <span class="muted">
              {formatQuantity(evidence.length, target.verdict === 'works' ? 'note' : 'reason')}
            </span>
          </summary>
          <Reasons id={id} evidence={evidence} />
        </details>
      ) : (
        <div class="trust-line">
          <i />
          {line}
        </div>
      )}
      {isAsked && <Remove target={target.target} />}
    </li>
  );
}

function Reasons(props: { id: string; evidence: readonly PortabilityEvidencePayload[] }) {
  const { shown, button } = useMore(props.evidence, FIRST_REASONS);
  return (
    <>
      <ul class="trust-reasons">
        {shown.map((one) => (
          <Reason key={`${one.rule} ${one.what}`} id={props.id} reason={one} />
        ))}
      </ul>
      {button}
    </>
  );
}

function Reason({ id, reason }: { id: string; reason: PortabilityEvidencePayload }) {
  const { verdict, fact, advice, command, count, places, signatures } = reason;
  const place = places[0];
  return (
    <li>
      <TargetVerdict verdict={verdict} />
      <div>
        <p>
          {visibleName(fact)} <span class="muted">{visibleName(advice)}</span>
        </p>
        {command && (
          <p class="trust-copy">
            <code>{visibleName(command)}</code>
            <CopyButton text={command} label="Copy this line" class="small" />
          </p>
        )}
        {place?.node && (
          <p class="trust-where">
            <span class="muted">{formatCount(count)}×, first</span>
            <NodeLink id={id} {...place} scope={scopeOf(place.node)} />
          </p>
        )}
        {signatures.length > 0 && (
          <p class="muted">
            {signatures.length > 1 ? 'Signatures ' : 'Signature '}
            {joinWords(signatures.map(visibleName))}
          </p>
        )}
      </div>
    </li>
  );
}

function scopeOf(node: string): string {
  return node.slice(0, Math.max(0, node.lastIndexOf('/')));
}
