import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../api/client';
import type { RunAnswerPayload } from '../../api/types';
import type { Description } from '../../graph/describe';
import { formatCount, visibleName } from '../../model/format';
import { api, status, useAnswer } from '../../state';
import { Icon } from '../../ui/Icon';
import { Problem } from '../parts';
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
  const ask = () => call.again(api().watchCall(last, graph, facts.path), last);
  return (
    <section aria-label="Values of the last call" class="graph-inner">
      {!isBusy && !isShown && (
        <button
          type="button"
          class="plain small outlined"
          disabled={isMany}
          title={`Runs ${visibleName(signature)} again with the inputs of its last call`}
          onClick={ask}
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
      {now && isShown && <Came now={now} scope={facts.path} onAgain={ask} />}
    </section>
  );
}

interface CameProps {
  now: RunAnswerPayload;
  scope: string;
  onAgain: () => void;
}

function Came({ now, scope, onAgain }: CameProps) {
  const { error } = now;
  if (error) {
    const { type, message, id } = error;
    return <Problem error={new ApiError(type, message, id)} what="No values come" />;
  }
  return (
    <>
      <h3>
        Values <span class="muted">in the last call of {visibleName(now.call.signature)}</span>
        <button
          type="button"
          class="plain small square"
          title="Run it once more"
          aria-label="Run it once more"
          onClick={onAgain}
        >
          <Icon name="loop" />
        </button>
      </h3>
      <Tensors now={now} scope={scope} />
    </>
  );
}

/** Pictures are loaded when there is something to show: few look at a graph for that. */
function Tensors(props: Omit<CameProps, 'onAgain'>) {
  const [loaded, setLoaded] = useState<typeof import('./InnerTensors')>();
  useEffect(() => {
    void import('./InnerTensors').then(setLoaded);
  }, []);
  return loaded ? (
    <loaded.InnerTensors key={props.now.call.call} {...props} />
  ) : (
    <p class="muted">…</p>
  );
}
