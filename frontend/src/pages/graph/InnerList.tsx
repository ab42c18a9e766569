import { type Signal, useSignal } from '@preact/signals';
import { useCallback, useEffect, useRef } from 'preact/hooks';
import type { RunAnswerPayload, RunWatchedPayload } from '../../api/types';
import { formatCount, formatShape, visibleName } from '../../model/format';
import { canPicture, countOdd, innerName } from '../../model/inner';
import { formatNumber } from '../../model/numbers';
import { api } from '../../state';
import { drawBars } from '../../ui/bars';
import { Chip } from '../../ui/Chips';
import { uniformRows } from '../../ui/rows';
import { VirtualGrid } from '../../ui/VirtualGrid';
import { Name } from '../parts';
import { type Drawing, INLINE_HEIGHT, INLINE_WIDTH } from '../weights/feed';
import { InlineHistogram } from '../weights/InlineHistogram';

const ROW_PX = 27;
const MOST_ROWS = 10;
/** A list that still scrolls asks for nothing. */
const SETTLE_MS = 150;

const COLUMNS = [
  { id: 'name', title: 'Tensor' },
  { id: 'op', title: 'Op' },
  { id: 'shape', title: 'Type and shape' },
  { id: 'odd', title: 'Not finite', right: true },
  { id: 'min', title: 'Min', right: true },
  { id: 'max', title: 'Max', right: true },
  { id: 'mean', title: 'Mean', right: true },
  { id: 'histogram', title: 'Histogram' },
].map((column) => ({ ...column, fixed: true }));
const TEMPLATE = 'minmax(160px, 1fr) 116px 194px 76px 78px 78px 78px 90px';
const MIN_WIDTH = 886;

interface ListProps {
  now: RunAnswerPayload;
  scope: string;
  /** All that is known of each, with histograms; else only names and shapes. */
  isTable?: boolean;
  /** Number of the tensor that was opened last. */
  last?: number;
  onOpen: (row: number) => void;
}

/** Inner tensors in the order in which they are computed. */
export function InnerList({ now, scope, isTable = false, last = -1, onOpen }: ListProps) {
  const { watched } = now;
  const isOddOnly = useSignal(false);
  const active = useSignal(last);
  const odd = watched.filter(countOdd).length;
  /** Whether a name alone does not tell: functions may be called twice. */
  const hasCalls = new Set(watched.map(({ calls }) => calls)).size > 1;
  const rows = [...watched.keys()].filter(
    (row) => !isOddOnly.value || countOdd(watched[row] as RunWatchedPayload),
  );
  const drawings = useDrawings(now, isTable);
  const onDrawn = useCallback(
    (first: number, end: number) => drawings.see(rows.slice(first, end)),
    [isOddOnly.value],
  );
  return (
    <>
      {odd > 0 && (
        <div class="chips">
          <Chip
            pressed={isOddOnly.value}
            onToggle={() => {
              isOddOnly.value = !isOddOnly.value;
            }}
          >
            With NaN or infinity <span>{formatCount(odd)}</span>
          </Chip>
        </div>
      )}
      <div
        class="inner-list"
        style={
          isTable
            ? {}
            : { flex: 'none', height: `${Math.min(rows.length, MOST_ROWS) * ROW_PX + 2}px` }
        }
      >
        <VirtualGrid
          role="grid"
          label="Inner tensors, in the order in which they are computed"
          rows={uniformRows(rows.length, ROW_PX)}
          {...(isTable ? { columns: COLUMNS, minWidth: MIN_WIDTH } : {})}
          template={isTable ? TEMPLATE : 'minmax(0, 1fr) max-content'}
          active={rows.indexOf(active.value)}
          onActive={(at) => {
            active.value = rows[at] ?? -1;
          }}
          onOpen={(at) => onOpen(rows[at] ?? -1)}
          onDrawn={onDrawn}
          rowKey={(at) => String(rows[at])}
        >
          {(at) => {
            const row = rows[at] ?? -1;
            const tensor = watched[row];
            if (!tensor) return null;
            return isTable ? (
              <Cells tensor={tensor} {...{ scope, hasCalls }} drawing={drawings.of(row)} />
            ) : (
              <Short tensor={tensor} {...{ scope, hasCalls }} />
            );
          }}
        </VirtualGrid>
      </div>
    </>
  );
}

interface LineProps {
  tensor: RunWatchedPayload;
  scope: string;
  hasCalls: boolean;
}

function Called({ tensor, scope, hasCalls }: LineProps) {
  return (
    <span role="gridcell" class="name-cell">
      <Name name={innerName(tensor, scope)} title={titleOf(tensor)} />
      {hasCalls && tensor.calls && (
        <span class="muted">
          <Name name={tensor.calls} />
        </span>
      )}
    </span>
  );
}

function Short(props: LineProps) {
  const { tensor } = props;
  const odd = countOdd(tensor);
  return (
    <div class="cells">
      <Called {...props} />
      <span role="gridcell" class="number">
        {odd > 0 && <span class="bad-number">{formatCount(odd)} not finite</span>}{' '}
        <span class="muted" title={visibleName(tensor.reason)}>
          {tensor.reason ? 'no values' : tensor.shape && formatShape(tensor.shape)}
        </span>
      </span>
    </div>
  );
}

function Cells(props: LineProps & { drawing: Drawing | undefined }) {
  const { tensor } = props;
  const { op, dtype, shape, min, max, mean, reason, text, size } = tensor;
  const odd = countOdd(tensor);
  const number = (of: string | null) => (
    <span role="gridcell" class="number" title={of ?? undefined}>
      {of === null ? <span class="muted">–</span> : formatNumber(Number(of))}
    </span>
  );
  return (
    <div class="cells">
      <Called {...props} />
      <span role="gridcell" title={visibleName(op)}>
        {visibleName(op)}
      </span>
      <span role="gridcell" class="muted" title={`${dtype} ${shape ? formatShape(shape) : ''}`}>
        {dtype} {shape && formatShape(shape)}
      </span>
      {reason || dtype === 'string' ? (
        <span
          role="gridcell"
          class="muted inner-reason"
          title={visibleName(reason || text.join(', '))}
        >
          {reason ? `No values: ${visibleName(reason)}` : text.map(visibleName).join(', ')}
        </span>
      ) : (
        <>
          <span
            role="gridcell"
            class={`number ${odd ? 'bad-number' : 'muted'}`}
            title={`${formatCount(odd)} of ${formatCount(size)}`}
          >
            {formatCount(odd)}
          </span>
          {number(min)}
          {number(max)}
          {number(mean)}
          <span role="gridcell" class="inline-histogram">
            <InlineHistogram drawing={props.drawing} />
          </span>
        </>
      )}
    </div>
  );
}

function titleOf(tensor: RunWatchedPayload): string {
  const name = visibleName(`${tensor.node}:${tensor.output}`);
  return tensor.calls ? `${name}, called by ${visibleName(tensor.calls)}` : name;
}

/** Histograms of the rows in sight, one after the other once nothing moves. */
function useDrawings({ call, watched }: RunAnswerPayload, isWanted: boolean) {
  const drawn: Signal<ReadonlyMap<number, Drawing>> = useSignal(new Map());
  const turn = useRef(new AbortController());
  useEffect(() => () => turn.current.abort(), []);
  const fetchAll = async (rows: readonly number[], signal: AbortSignal) => {
    for (const row of rows) {
      const tensor = watched[row];
      if (!tensor || !canPicture(tensor) || drawn.peek().has(row)) continue;
      const at = { call: call.call, side: 'watched', key: String(row) } as const;
      const { stats } = await api().runStats(at, signal);
      if (signal.aborted || !stats) return;
      const bins = stats.histogram;
      const drawing = { ...drawBars(bins, INLINE_WIDTH, INLINE_HEIGHT), bins };
      drawn.value = new Map(drawn.peek()).set(row, drawing);
    }
  };
  return {
    of: (row: number) => drawn.value.get(row),
    see: (rows: readonly number[]) => {
      turn.current.abort();
      if (!isWanted) return;
      turn.current = new AbortController();
      const { signal } = turn.current;
      // What does not come is left out: the table says the rest.
      setTimeout(() => void (signal.aborted || fetchAll(rows, signal).catch(() => {})), SETTLE_MS);
    },
  };
}
