import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { ArtifactPayload, StepPayload, VerifyPayload } from '../api/types';
import { formatBytes, formatQuantity, visibleName } from '../model/format';
import {
  countProblems,
  describeEffort,
  describeProgress,
  describeStep,
  factsOf,
  formatRange,
  shortenPath,
} from '../model/integrity';
import { announce } from '../ui/announce';
import { Icon, type IconName } from '../ui/Icon';
import { adoptStyles } from '../ui/styles';
import { Damage } from './Damage';
import css from './integrity.css?inline';
import { Problem } from './parts';
import type { Verification } from './verification';

adoptStyles(css);

/** Whether the artifact is whole: not known, being verified, or the verdict with what is wrong. */
export function Integrity(props: { payload: ArtifactPayload; verification: Verification }) {
  const { artifact, files } = props.payload;
  const { payload: now, error, look, act } = props.verification;
  const open = useSignal(false);
  const words = now && announcement(now);
  useEffect(() => {
    if (words) announce(words);
  }, [words]);
  if (artifact.state === 'deleted' || (!now && !error)) return null;
  const hasDetails = now?.state === 'done' && now.steps.length > 0;
  const told = now?.error;
  const failure = error ?? (told ? new ApiError(told.type, told.message, told.id) : undefined);
  const isActive = now?.state === 'running' || now?.state === 'waiting';
  const isIdle = !now || !['done', 'running', 'waiting'].includes(now.state);
  return (
    <section class="card integrity" aria-label="Integrity">
      <div class="card-head">
        <h3>Integrity</h3>
        {now && <Standing payload={now} files={files.length} nbytes={artifact.nbytes} />}
        {hasDetails && (
          <button
            type="button"
            class={`plain small twisted ${open.value ? 'open' : ''}`}
            aria-expanded={open.value}
            onClick={() => {
              open.value = !open.value;
            }}
          >
            <Icon name="right" />
            {describeDetails(now)}
          </button>
        )}
        <span class="spring" />
        <button
          type="button"
          class={`plain small ${isIdle ? 'outlined' : ''}`}
          onClick={() => act(isActive ? 'cancel' : 'start')}
        >
          <Icon name={isActive ? 'close' : isIdle ? 'check' : 'loop'} />
          {isActive ? 'Cancel' : isIdle ? 'Verify checksums' : 'Verify again'}
        </button>
      </div>
      {failure && (
        <div class="integrity-part">
          <Problem
            error={failure}
            what="It could not be verified"
            onRetry={error ? look : undefined}
          />
        </div>
      )}
      {now?.state === 'running' && <Progress payload={now} />}
      {now && countProblems(now) > 0 && <Damage artifact={artifact} payload={now} />}
      {hasDetails && open.value && <Details payload={now} path={artifact.path} />}
    </section>
  );
}

/** What a screen reader hears when it changes. */
function announcement({ state, verdict, ...payload }: VerifyPayload): string {
  if (state === 'running') return 'Verifying checksums';
  if (state === 'waiting') return 'Waiting for another verification';
  if (state === 'cancelled') return 'Verification cancelled';
  if (verdict === 'passed') return 'Verified: it is whole';
  if (verdict === 'incomplete') return 'Verified in part';
  if (verdict !== 'failed') return '';
  return `Verified: ${formatQuantity(countProblems({ ...payload, state, verdict }), 'problem')}`;
}

/** The one line that is always there. */
function Standing(props: { payload: VerifyPayload; files: number; nbytes: number }) {
  const { payload } = props;
  const effort = <span class="muted">{describeEffort(payload)}</span>;
  switch (payload.verdict ?? payload.state) {
    case 'passed':
      return (
        <Line icon="check" tone="good" word="whole">
          {effort}
        </Line>
      );
    case 'failed':
      return (
        <Line icon="error" tone="bad" word={formatQuantity(countProblems(payload), 'problem')}>
          {effort}
        </Line>
      );
    case 'incomplete':
      return (
        <Line icon="warning" tone="warn" word="verified in part">
          {effort}
        </Line>
      );
    case 'running':
      return <Line icon="clock" tone="cool" word="verifying" />;
    case 'waiting':
      return <Line icon="clock" tone="cool" word="waiting for another artifact" />;
    case 'changed':
      return <Line icon="info" tone="muted" word="the files changed since they were verified" />;
    case 'cancelled':
      return (
        <Line
          icon="gone"
          tone="muted"
          word={`cancelled after ${formatBytes(payload.done_nbytes)}`}
        />
      );
    default:
      return (
        <span class="muted">
          not verified: reads {formatBytes(props.nbytes)} in {formatQuantity(props.files, 'file')}
        </span>
      );
  }
}

function Line(props: { icon: IconName; tone: string; word: string; children?: ComponentChildren }) {
  return (
    <>
      <span class={`state ${props.tone}`}>
        <Icon name={props.icon} />
        {props.word}
      </span>
      {props.children}
    </>
  );
}

function Progress({ payload }: { payload: VerifyPayload }) {
  const { nbytes, done_nbytes, steps } = payload;
  const step = steps.find((one) => one.outcome === 'running');
  return (
    <div class="integrity-part integrity-progress">
      <progress aria-label="Bytes verified" max={nbytes || 1} value={done_nbytes} />
      <span class="muted">{step?.title}</span>
      <span class="spring" />
      {describeProgress(payload).map((words) => (
        <span key={words.replace(/[\d.,]+/g, '')} class="number muted">
          {words}
        </span>
      ))}
    </div>
  );
}

const OUTCOMES: Record<string, { icon: IconName; tone: string }> = {
  passed: { icon: 'check', tone: 'good' },
  failed: { icon: 'error', tone: 'bad' },
  skipped: { icon: 'warning', tone: 'warn' },
};

/** `8 steps, 1 note`: the button to the details. */
function describeDetails(payload: VerifyPayload): string {
  const notes = factsOf(payload).length;
  const steps = formatQuantity(payload.steps.length, 'step');
  return notes ? `${steps}, ${formatQuantity(notes, 'note')}` : steps;
}

/** What was looked at, for those who ask. */
function Details({ payload, path }: { payload: VerifyPayload; path: string }) {
  return (
    <div class="integrity-part">
      <ul class="integrity-steps">
        {payload.steps.map((step) => (
          <Step key={step.name} step={step} />
        ))}
      </ul>
      {factsOf(payload).map((fact) => (
        <p key={`${fact.path} ${fact.fact}`} class="integrity-note">
          <code>{visibleName(shortenPath(fact.path, path))}</code>
          {fact.start !== null && <span class="muted"> bytes {formatRange(fact)}</span>}
          <span>
            {' '}
            {visibleName(fact.fact)}. <span class="muted">{fact.next_step}</span>
          </span>
        </p>
      ))}
    </div>
  );
}

function Step({ step }: { step: StepPayload }) {
  const { icon, tone } = OUTCOMES[step.outcome] ?? { icon: 'gone', tone: 'muted' };
  return (
    <li>
      <span class={`state ${tone}`} title={step.outcome}>
        <Icon name={icon} />
        <span class="hidden">{step.outcome}: </span>
      </span>
      {step.title}
      <span class="muted">{describeStep(step)}</span>
      {step.nbytes > 0 && <span class="muted">{formatBytes(step.nbytes)}</span>}
    </li>
  );
}
