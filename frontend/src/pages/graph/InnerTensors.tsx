import { useSignal } from '@preact/signals';
import type { RunAnswerPayload, RunWatchedPayload } from '../../api/types';
import { formatCount, formatQuantity, formatShape, visibleName } from '../../model/format';
import { canPicture, countOdd, innerName } from '../../model/inner';
import { Fact } from '../../ui/Fact';
import { adoptStyles } from '../../ui/styles';
import { Name } from '../parts';
import '../weights/weights'; // Its pictures and tables of values are used, with their styles.
import { InnerDialog } from './InnerDialog';
import { InnerList } from './InnerList';
import css from './inner.css?inline';
import { Thumb } from './Thumb';

adoptStyles(css);

/** Of more tensors there is a list; so there is of those of other nodes below a node. */
const MOST_ARTICLES = 3;

/** What a node or scope computed: little of each tensor, and the way to all of it. */
export function InnerTensors({ now, scope }: { now: RunAnswerPayload; scope: string }) {
  const { watched } = now;
  /** Number of the tensor in the dialog; -1 for all of them, null without a dialog. */
  const open = useSignal<number | null>(null);
  const show = (row: number) => {
    open.value = row;
  };
  const all = [...watched.keys()];
  const own = all.filter((row) => watched[row]?.node === scope);
  const wanted = own.length ? own : all;
  const told = wanted.length <= MOST_ARTICLES ? wanted : [];
  return (
    <>
      {!watched.length && <p class="muted">Nothing here has an output.</p>}
      {told.map((row) => {
        const one = watched[row];
        if (!one) return null;
        const opens = () => show(row);
        return <Tensor key={row} tensor={one} call={now.call.call} row={row} onOpen={opens} />;
      })}
      {told.length < watched.length && (
        <Many now={now} scope={scope} isBelow={told.length > 0} onOpen={show} />
      )}
      {open.value !== null && (
        <InnerDialog
          now={now}
          scope={scope}
          row={open.value}
          onRow={show}
          onClose={() => {
            open.value = null;
          }}
        />
      )}
    </>
  );
}

function Many(props: {
  now: RunAnswerPayload;
  scope: string;
  /** Whether they are a node's and of those below it. */
  isBelow: boolean;
  onOpen: (row: number) => void;
}) {
  const { watched, watched_count } = props.now;
  const odd = watched.filter(countOdd).length;
  const without = watched.filter(({ reason }) => reason).length;
  const more = watched_count - watched.length;
  return (
    <>
      <p>
        {formatQuantity(watched.length, 'tensor')}
        {props.isBelow && ' with those of nodes below it'}
        {more > 0 && <span class="muted"> of {formatCount(watched_count)}</span>}
        {odd > 0 && (
          <>
            {', '}
            <strong class="bad-number">{formatCount(odd)} with NaN or infinity</strong>
          </>
        )}
        {without > 0 && <span class="muted">, {formatCount(without)} without values</span>}
      </p>
      <button type="button" class="plain small outlined" onClick={() => props.onOpen(-1)}>
        All in a table
      </button>
      <InnerList {...props} />
    </>
  );
}

function Tensor(props: {
  tensor: RunWatchedPayload;
  call: string;
  row: number;
  onOpen: () => void;
}) {
  const { tensor } = props;
  const { calls, dtype, shape, size, finite, min, max, mean, text } = tensor;
  const name = `${tensor.node}:${tensor.output}`;
  const more = size - text.length;
  return (
    <article aria-label={visibleName(name)}>
      <dl class="graph-facts">
        <Fact name="Tensor">
          <Name name={name} />
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
      {canPicture(tensor) && (
        <Thumb call={props.call} row={props.row} tensor={tensor} onOpen={props.onOpen} />
      )}
      {text.length > 0 && (
        <p class="code graph-value">
          {text.map(visibleName).join(', ')}
          {more > 0 && <span class="muted"> … {formatCount(more)} more</span>}
        </p>
      )}
      {!tensor.reason && size > 1 && (
        <button
          type="button"
          class="plain small outlined"
          aria-label={`All values of ${visibleName(innerName(tensor))}`}
          onClick={props.onOpen}
        >
          All values
        </button>
      )}
    </article>
  );
}
