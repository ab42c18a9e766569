import { useEffect, useRef } from 'preact/hooks';
import type { RunAnswerPayload, RunWatchedPayload } from '../../api/types';
import { formatCount, formatQuantity, formatShape, visibleName } from '../../model/format';
import { writeRoles } from '../../model/frames';
import { canPicture, innerName, innerRoles } from '../../model/inner';
import { useAnswer } from '../../state';
import { Dialog } from '../../ui/Dialog';
import { Fact } from '../../ui/Fact';
import { Icon } from '../../ui/Icon';
import { Name, Problem } from '../parts';
import { LookContext, useOwnLook } from '../weights/look';
import { Known } from '../weights/Statistics';
import { HeldValues } from '../weights/Values';
import { InnerList } from './InnerList';

interface DialogProps {
  now: RunAnswerPayload;
  scope: string;
  /** The tensor that is shown; -1 for a table of all. */
  row: number;
  onRow: (row: number) => void;
  onClose: () => void;
}

/** Inner tensors with all the room there is: a table of them, or the values of one. */
export function InnerDialog(props: DialogProps) {
  const { now, scope, row, onRow } = props;
  const tensor = now.watched[row];
  /** What is chosen for one tensor that the next one is shown in, too. */
  const show = useRef('picture');
  const last = useRef(row);
  if (row >= 0) last.current = row;
  useEffect(() => keepFocus(row), [row]);
  const title = tensor ? `${tensor.node}:${tensor.output}` : `Tensors of ${scope}`;
  return (
    <Dialog title={visibleName(title)} large onClose={props.onClose}>
      {now.watched.length > 1 && tensor && <Steps {...props} />}
      {tensor ? (
        <Tensor key={row} tensor={tensor} call={now.call.call} row={row} show={show} />
      ) : (
        <InnerList now={now} scope={scope} isTable last={last.current} onOpen={onRow} />
      )}
    </Dialog>
  );
}

/** What had the focus may be gone with what was shown before. */
function keepFocus(row: number) {
  const dialog = document.querySelector<HTMLElement>('dialog.large');
  if (dialog?.contains(document.activeElement)) return;
  const next = row < 0 ? '.grid' : '.inner-steps button';
  dialog?.querySelector<HTMLElement>(next)?.focus();
}

function Steps({ now, row, onRow }: DialogProps) {
  const count = now.watched.length;
  const step = (by: number, label: string, icon: 'left' | 'right') => (
    <button
      type="button"
      class="plain small square"
      title={label}
      aria-label={label}
      disabled={row + by < 0 || row + by >= count}
      onClick={() => onRow(row + by)}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <div class="inner-steps">
      <button type="button" class="plain small outlined" onClick={() => onRow(-1)}>
        All {formatQuantity(count, 'tensor')}
      </button>
      {step(-1, 'The tensor computed before', 'left')}
      {step(1, 'The tensor computed next', 'right')}
      <span class="muted">
        {formatCount(row + 1)} of {formatCount(count)}
      </span>
    </div>
  );
}

interface TensorProps {
  tensor: RunWatchedPayload;
  call: string;
  row: number;
  show: { current: string };
}

function Tensor({ tensor, call, row, show }: TensorProps) {
  const { dtype, nbytes, reason } = tensor;
  const shape = tensor.shape ?? [];
  const look = useOwnLook({ show: show.current, axes: writeRoles(innerRoles(tensor)) });
  const chosen = look.value.show;
  useEffect(() => {
    show.current = chosen;
  }, [chosen]);
  const at = { call, side: 'watched', key: String(row) } as const;
  return (
    <LookContext.Provider value={look}>
      <div class="inner-tensor">
        <div class="inner-values">
          {reason ? (
            <p class="muted">No values: {visibleName(reason)}.</p>
          ) : (
            <HeldValues held={{ at, name: innerName(tensor), dtype, shape, nbytes }} />
          )}
        </div>
        <div class="inner-facts">
          <Facts tensor={tensor} />
          {canPicture(tensor) && <Stats call={call} row={row} tensor={tensor} />}
        </div>
      </div>
    </LookContext.Provider>
  );
}

function Facts({ tensor }: { tensor: RunWatchedPayload }) {
  const { op, calls, dtype, shape } = tensor;
  return (
    <dl class="graph-facts">
      <Fact name="Op">{visibleName(op)}</Fact>
      {calls && (
        <Fact name="Called by">
          <Name name={calls} />
        </Fact>
      )}
      <Fact name="Type">
        {dtype} {shape && formatShape(shape)}
      </Fact>
    </dl>
  );
}

function Stats({ call, row, tensor }: Omit<TensorProps, 'show'>) {
  const { value, error, retry } = useAnswer(`${call} ${row} stats`, (client, signal) =>
    client.runStats({ call, side: 'watched', key: String(row) }, signal),
  );
  if (error) return <Problem error={error} what="No statistics come" onRetry={retry} />;
  if (!value?.stats) return <p class="muted">Counting…</p>;
  return (
    <section class="statistics" aria-label="Statistics">
      <Known stats={value.stats} name={innerName(tensor)} shape={tensor.shape ?? []} />
    </section>
  );
}
