import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../../api/client';
import type { ArtifactPayload, RunAnswerPayload, RunCostPayload } from '../../api/types';
import { type CallOf, writeCurl, writeGrpc, writePython } from '../../model/callSnippets';
import { formatBytes, visibleName, visibleText } from '../../model/format';
import { formatNumber } from '../../model/numbers';
import { hasLost } from '../../model/outputs';
import { servedName } from '../../model/snippets';
import { api, go, route } from '../../state';
import { announce } from '../../ui/announce';
import { Segments } from '../../ui/Chips';
import { Fact } from '../../ui/Fact';
import { Icon } from '../../ui/Icon';
import { CodeBlock } from '../../ui/Note';
import { Name, Problem } from '../parts';
import { Comparison } from './Comparison';
import { FirstNan } from './FirstNan';
import { InputFiles } from './InputFiles';
import { Output } from './Output';
import type { Choice } from './run';
import { type Call, describeState, draftsBehind, fillIn, isFinal } from './session';
import { Versus } from './Versus';

/** How a call stands, and what came of it. */
export function Answer(props: { payload: ArtifactPayload; own: readonly Choice[]; call: Call }) {
  const { payload } = props;
  const { now, error } = props.call;
  const words = now && describeState(now);
  const isOpen = useSignal(false);
  const isComparing = isOpen.value || !!route.value.with;
  useEffect(() => {
    if (words && now && (isFinal(now.call.state) || now.call.ahead)) announce(words);
  }, [words]);
  return (
    <section class="run-answer" aria-label="Answer">
      <div class="run-head">
        <h2>Answer</h2>
        {now && <span class="muted run-of">of {visibleName(now.call.signature)}</span>}
        <span class="spring" />
        {(isComparing || (now && isFinal(now.call.state))) && (
          <button
            type="button"
            class="plain"
            aria-expanded={isComparing}
            title="Give the same inputs to another model, or to this one with a checkpoint's values"
            onClick={() => {
              isOpen.value = !isComparing;
              if (isComparing) go({ with: '', values: '' }, { replace: true });
            }}
          >
            <Icon name="swap" />
            Compare…
          </button>
        )}
        {now?.call.state === 'done' && !now.nan && (
          <button
            type="button"
            class={`plain ${hasLost(now.outputs) ? 'outlined' : ''}`}
            title="Call it again with the same inputs, and look for the op that makes the first NaN or infinity"
            onClick={() => props.call.again(api().findNan(now.call.call), now.call.call)}
          >
            <Icon name="search" />
            First NaN
          </button>
        )}
        {now && draftsBehind(now.call.call).size > 0 && (
          <button
            type="button"
            class="plain"
            title="Put the inputs of this call into the form again"
            onClick={() => fillIn(payload.artifact.id, now.call, payload.meta_graphs.length > 1)}
          >
            <Icon name="loop" />
            Use its inputs
          </button>
        )}
      </div>
      {isComparing && <Versus call={props.call} />}
      {error && (
        <Problem
          error={error}
          what="The call cannot be followed"
          onRetry={now && (() => props.call.show(now.call.call))}
        />
      )}
      {now ? <Told {...props} now={now} /> : <Nothing />}
    </section>
  );
}

function Nothing() {
  return (
    <p class="muted">
      What the model answers will stand here. The first call takes longer: TensorFlow is started (3
      s) and the model loaded; then it stays ready for five minutes.
    </p>
  );
}

function Told(props: {
  payload: ArtifactPayload;
  own: readonly Choice[];
  call: Call;
  now: RunAnswerPayload;
}) {
  const { now, call } = props;
  const { state, elapsed_s } = now.call;
  const side = sideOf(now.comparison);
  if (!isFinal(state)) {
    return (
      <div class="run-progress">
        <progress aria-label={describeState(now)} />
        <span>{describeState(now)}</span>
        {side && <Name name={side} class="muted run-path" title={visibleName(side)} />}
        <span class="muted number">{formatSeconds(elapsed_s)}</span>
        <span class="spring" />
        <button type="button" class="plain outlined" onClick={call.cancel}>
          Cancel
        </button>
      </div>
    );
  }
  if (now.error && state === 'failed') {
    const { type, message, id } = now.error;
    return (
      <Problem
        error={new ApiError(type, message, id)}
        what={`The ${now.comparison ? 'comparison' : 'call'} failed`}
      />
    );
  }
  if (state === 'cancelled') {
    return (
      <p class="muted">
        Cancelled after {formatSeconds(elapsed_s)}. The model is loaded anew next time.
      </p>
    );
  }
  return (
    <>
      {now.nan && <FirstNan nan={now.nan} tags={now.call.tags} payload={props.payload} />}
      {now.comparison ? (
        <Comparison {...props} comparison={now.comparison} />
      ) : (
        <Outputs now={now} />
      )}
      <Log log={now.log} of="the model" />
      <Log log={now.comparison?.right.log ?? ''} of="the second side" />
      {!now.comparison && <Code {...props} />}
    </>
  );
}

/** Path of the side that is under way. */
function sideOf(comparison: RunAnswerPayload['comparison']): string {
  if (!comparison?.at) return '';
  const { path, values } = comparison.at === 'left' ? comparison.left : comparison.right;
  return values?.path ?? path;
}

function Outputs({ now }: { now: RunAnswerPayload }) {
  return (
    <>
      {now.cost && <Cost cost={now.cost} />}
      {now.outputs.length === 0 && <p class="muted">It gives no outputs.</p>}
      {now.outputs.map((output) => (
        <Output key={`${now.call.call} ${output.key}`} call={now.call.call} value={output} />
      ))}
    </>
  );
}

function Log({ log, of }: { log: string; of: string }) {
  if (!log) return null;
  return (
    <details class="run-log">
      <summary>What {of} and TensorFlow printed</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
      <pre tabIndex={0} role="region" aria-label={`What ${of} printed`}>
        {visibleText(log)}
      </pre>
    </details>
  );
}

/** Time and memory in a line; the rest on demand. */
function Cost({ cost }: { cost: RunCostPayload }) {
  const first = cost.is_first ? ' (the first call builds the signature)' : '';
  return (
    <details class="run-cost">
      <summary>
        <strong>{formatSeconds(cost.run_s)}</strong> in TensorFlow
        <span class="muted">
          {first}, {formatSeconds(cost.overhead_s)} around it · {formatBytes(cost.memory_nbytes)} of
          memory
        </span>
      </summary>
      <dl>
        <Fact name="TensorFlow">
          {cost.tensorflow}
          {cost.start_s !== null && `, started in ${formatSeconds(cost.start_s)}`}
        </Fact>
        {cost.load_s !== null && <Fact name="Loaded in">{formatSeconds(cost.load_s)}</Fact>}
        {cost.peak_nbytes !== null && (
          <Fact name="Most memory">{formatBytes(cost.peak_nbytes)}</Fact>
        )}
        {cost.limits.length > 0 && <Fact name="Limits">{cost.limits.join('; ')}</Fact>}
      </dl>
    </details>
  );
}

export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${formatNumber(1000 * seconds, seconds < 0.1 ? 2 : 3)} ms`;
  return `${seconds < 100 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

type Door = 'python' | 'rest' | 'grpc';
const DOORS = [
  ['python', 'Python'],
  ['rest', 'curl'],
  ['grpc', 'gRPC'],
] as const;
const WRITERS = { python: writePython, rest: writeCurl, grpc: writeGrpc };

/** The same call in code, with these inputs. */
function Code(props: { payload: ArtifactPayload; own: readonly Choice[]; now: RunAnswerPayload }) {
  const { payload, own, now } = props;
  const open = useSignal(false);
  const door = useSignal<Door>('python');
  const { tags, signature: key, call } = now.call;
  const choice = own.find(
    ({ graph, signature }) => signature.key === key && graph.tags.join() === tags.join(),
  );
  if (!choice) return null;
  const drafts = draftsBehind(call);
  const asked: CallOf = {
    location: payload.location,
    name: servedName(payload.location),
    tags: payload.meta_graphs.length > 1 ? tags : null,
    signature: choice.signature,
    inputs: now.inputs,
    drafts,
  };
  const files = now.inputs.filter(
    ({ key, text, dtype }) => !text && dtype !== 'string' && drafts.get(key)?.way !== 'random',
  );
  return (
    <details
      class="run-code"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>Code for this call, with its inputs</summary>
      {open.value && (
        <>
          <Segments
            label="Language"
            options={DOORS}
            value={door.value}
            onChange={(name) => {
              door.value = name;
            }}
          />
          <CodeBlock code={WRITERS[door.value](asked)} label={`Code that calls ${key}`} />
          <InputFiles call={call} inputs={files} />
        </>
      )}
    </details>
  );
}
