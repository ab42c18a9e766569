import { ApiError } from '../../api/client';
import type { RunAnswerPayload, RunWatchedPayload } from '../../api/types';
import type { Description } from '../../graph/describe';
import { formatCount, formatQuantity, formatShape, visibleName } from '../../model/format';
import { api, status, useAnswer } from '../../state';
import { Fact } from '../../ui/Fact';
import { Name, Problem } from '../parts';
import { changes, describeState, isFinal, useCall } from '../run/session';
import type { GraphModel } from './model';

interface InnerProps {
  model: GraphModel;
  facts: Description;
}

const MOST_NODES = 1000;

/** What the tensors of a node or scope were in the last call of the model, if there was one. */
export function Inner(props: InnerProps) {
  const { path, isBundle } = props.facts;
  if (!status.value?.allow_run || isBundle || !path) return null;
  return <OfLast {...props} />;
}

function OfLast(props: InnerProps) {
  const { id } = props.model;
  const { value } = useAnswer(`${id} ${changes.value}`, (client, signal) =>
    client.calls(id, signal),
  );
  const last = value?.calls.find(({ state }) => state === 'done');
  return last ? <Values {...props} last={last.call} signature={last.signature} /> : null;
}

function Values({
  model,
  facts,
  last,
  signature,
}: InnerProps & Record<'last' | 'signature', string>) {
  const { graph } = model;
  const call = useCall(`${last} ${graph} ${facts.path}`);
  const { now, error } = call;
  const isBusy = now && !isFinal(now.call.state);
  const isShown = now?.call.state === 'done' || now?.call.state === 'failed';
  const isMany = facts.nodes > MOST_NODES;
  return (
    <section aria-label="Values of the last call" class="graph-inner">
      {!isBusy && !isShown && (
        <button
          type="button"
          class="plain small outlined"
          disabled={isMany}
          title={`Runs ${visibleName(signature)} again with the inputs of its last call`}
          onClick={() => call.again(api().watchCall(last, graph, facts.path), last)}
        >
          Show values
        </button>
      )}
      {isMany && <p class="muted">Of {formatCount(MOST_NODES)} nodes at most.</p>}
      {error && <Problem error={error} what="No values come" />}
      {isBusy && (
        <p class="muted" role="status">
          {describeState(now)}…{' '}
          <button type="button" class="link" onClick={call.cancel}>
            Cancel
          </button>
        </p>
      )}
      {now && isShown && <Watched now={now} />}
    </section>
  );
}

function Watched({ now }: { now: RunAnswerPayload }) {
  const { error, watched, watched_count } = now;
  if (error) {
    const { type, message, id } = error;
    return <Problem error={new ApiError(type, message, id)} what="No values come" />;
  }
  const more = watched_count - watched.length;
  return (
    <>
      <h3>
        Values <span class="muted">in the last call of {visibleName(now.call.signature)}</span>
      </h3>
      {watched_count === 0 && <p class="muted">Nothing here has an output.</p>}
      {watched.map((one) => (
        <Tensor key={`${one.calls} ${one.node} ${one.output}`} tensor={one} />
      ))}
      {more > 0 && <p class="muted">and {formatQuantity(more, 'tensor')} more</p>}
    </>
  );
}

function Tensor({ tensor }: { tensor: RunWatchedPayload }) {
  const { node, output, calls, dtype, shape, size, finite, min, max, mean, text } = tensor;
  const more = size - text.length;
  return (
    <article aria-label={`${visibleName(node)}:${output}`}>
      <dl class="graph-facts">
        <Fact name="Tensor">
          <Name name={`${node}:${output}`} />
        </Fact>
        {calls && (
          <Fact name="Called by">
            <Name name={calls} />
          </Fact>
        )}
        <Fact name="Type">
          {dtype} {shape && formatShape(shape)}
        </Fact>
        {finite !== null && (
          <Fact name="Finite">
            <span class={finite < size ? 'bad' : ''}>
              {formatCount(finite)} of {formatCount(size)}
            </span>
          </Fact>
        )}
        {min !== null && <Fact name="Min, max">{`${min}, ${max}`}</Fact>}
        {mean !== null && <Fact name="Mean">{mean}</Fact>}
      </dl>
      {tensor.reason && <p class="muted">No values: {visibleName(tensor.reason)}.</p>}
      {text.length > 0 && (
        <p class="code graph-value">
          {text.map(visibleName).join(', ')}
          {more > 0 && <span class="muted"> … {formatCount(more)} more</span>}
        </p>
      )}
    </article>
  );
}
