import { useEffect, useRef, useState } from 'preact/hooks';
import type { NumbersPayload, TensorStatsPayload } from '../../api/types';
import { formatBytes, formatCount } from '../../model/format';
import { formatNumber, formatShare } from '../../model/numbers';
import { formatSlice, regionAround } from '../../model/slices';
import type { TensorTable } from '../../model/tensors';
import { route, useAnswer } from '../../state';
import { CopyButton } from '../../ui/CopyButton';
import { Histogram } from '../../ui/Histogram';
import { FindingList } from '../Findings';
import { Problem } from '../parts';
import type { StatsFeed } from './feed';
import { isActive } from './follow';
import { useLook } from './look';

/** Selections pass by this quickly under an arrow key that is held down. */
const SETTLE_MS = 80;

const OF: Record<string, string> = {
  magnitude: 'Of the magnitudes of complex numbers',
  length: 'Of the lengths of the strings, in bytes',
};

/** All numbers about a tensor's values; a large tensor is read when somebody asks for it. */
export function Statistics(props: {
  table: TensorTable;
  row: number;
  feed: StatsFeed | undefined;
}) {
  const { table, row, feed } = props;
  const key = useSettled(table.columns.key[row] ?? '');
  // What a job finds out meanwhile is asked for once more.
  const stamp = feed !== undefined && feed.version.value >= 0 ? feed.stats.stamp(row) : 0;
  const { id } = route.value;
  const { value, error, retry } = useAnswer(`${id} ${key} ${stamp}`, (client, signal) =>
    client.tensorStats(id, key, signal),
  );
  const shown = useLast(value, `${id} ${key}`);
  if (!feed) return null;
  const name = table.columns.name[row] ?? key;
  return (
    <section class="statistics" aria-label="Statistics">
      {error && <Problem error={error} what="No statistics come" onRetry={retry} />}
      {shown?.error && <p class="values-note bad">No statistics: {shown.error.message}</p>}
      {shown?.stats && <Head stats={shown.stats} />}
      {shown && <FindingList findings={shown.findings} label="Findings" />}
      {shown && <Unknown feed={feed} row={row} payload={shown} />}
      {shown?.stats && (
        <Known stats={shown.stats} name={name} shape={table.columns.shape[row] ?? []} />
      )}
    </section>
  );
}

/** What came last for a key: it stays until there is something newer for the same. */
function useLast<T>(value: T | undefined, key: string): T | undefined {
  const last = useRef({ value, key });
  if (value !== undefined || last.current.key !== key) last.current = { value, key };
  return last.current.value;
}

/** What is left to be read, and the way to have that done. */
function Unknown(props: { feed: StatsFeed; row: number; payload: TensorStatsPayload }) {
  const { feed, row, payload } = props;
  if (payload.error || (payload.stats && !payload.unknown_nbytes)) return null;
  if (isActive(feed.job.value)) {
    return payload.stats ? null : <p class="values-note muted">Statistics are being computed.</p>;
  }
  const what = payload.stats ? 'Look for dead channels' : 'Compute statistics of this tensor';
  return (
    <button type="button" class="plain outlined" onClick={() => void feed.act('start', [row])}>
      {what} (reads {formatBytes(payload.unknown_nbytes)})
    </button>
  );
}

function Head({ stats }: { stats: NumbersPayload }) {
  return (
    <div class="statistics-head">
      <h3>Statistics</h3>
      <span class="muted">{OF[stats.of]}</span>
      <CopyButton
        word="JSON"
        class="small"
        label="Copy all statistics as JSON"
        text={() => JSON.stringify(stats, null, 1)}
      />
    </div>
  );
}

/** What there is of numbers about values. */
export function Known(props: { stats: NumbersPayload; name: string; shape: readonly number[] }) {
  const { stats, name, shape } = props;
  const quantiles = Object.entries(stats.quantiles).map(
    ([share, value]) => [Number(share), value] as const,
  );
  return (
    <>
      <Numbers stats={stats} shape={shape} />
      {stats.histogram.counts.length > 1 && (
        <Histogram
          bins={stats.histogram}
          quantiles={quantiles}
          name={name.split('/').slice(-2).join('/')}
          formatNumber={formatNumber}
          formatCount={formatCount}
        />
      )}
      {stats.histogram.counts.length > 1 && <Quantiles quantiles={quantiles} />}
    </>
  );
}

function Numbers({ stats, shape }: { stats: NumbersPayload; shape: readonly number[] }) {
  const { count, nan, zeros, first_nan, first_inf } = stats;
  const infinite = stats.posinf + stats.neginf;
  return (
    <>
      <dl class="numbers">
        <Count name="NaN" value={nan} isBad={nan > 0} first={first_nan} shape={shape} />
        <Count
          name="Infinite"
          value={infinite}
          isBad={infinite > 0}
          first={first_inf}
          shape={shape}
        >
          {infinite > 0 && ` (${formatCount(stats.posinf)} +, ${formatCount(stats.neginf)} −)`}
        </Count>
        <Count name="Zeros" value={zeros}>
          {zeros > 0 && ` (${formatShare(zeros / count)})`}
        </Count>
      </dl>
      <dl class="numbers">
        {(['min', 'max', 'mean', 'std', 'l1', 'l2'] as const).map((name) => (
          <Exact
            key={name}
            name={TITLES[name] ?? name}
            value={stats[name]}
            text={stats.text.min === undefined ? undefined : stats.text[name]}
          />
        ))}
      </dl>
    </>
  );
}

const TITLES: Record<string, string> = {
  min: 'Min',
  max: 'Max',
  mean: 'Mean',
  std: 'Std',
  l1: 'L1',
  l2: 'L2',
};

function Count(props: {
  name: string;
  value: number;
  isBad?: boolean;
  first?: number[] | null;
  shape?: readonly number[];
  children?: string | false;
}) {
  const look = useLook();
  const { first, shape = [] } = props;
  return (
    <div>
      <dt>{props.name}</dt>
      <dd class={props.isBad ? 'bad-number' : props.value ? '' : 'muted'}>
        {formatCount(props.value)}
        {props.children}
        {first && first.length > 0 && (
          <button
            type="button"
            class="link"
            title="Show the values there"
            onClick={() => look.go({ slice: formatSlice(regionAround(first, shape), shape) })}
          >
            first at [{first.join(', ')}]
          </button>
        )}
      </dd>
    </div>
  );
}

/** A number, short to compare and in full to copy. */
function Exact(props: { name: string; value: number | null; text: string | undefined }) {
  const { name, value, text } = props;
  return (
    <div>
      <dt>{name}</dt>
      {text === undefined ? (
        <dd class="muted">–</dd>
      ) : (
        <dd>
          <span title={text}>{value === null ? text : formatNumber(value, 6)}</span>
          <CopyButton text={text} label={`Copy ${name}: ${text}`} class="small on-hover" />
        </dd>
      )}
    </div>
  );
}

function Quantiles(props: { quantiles: readonly (readonly [number, number])[] }) {
  return (
    <dl class="quantiles" aria-label="Quantiles">
      {props.quantiles.map(([share, value]) => (
        <div key={share}>
          <dt>{share === 0.5 ? 'median' : `${Number((share * 100).toPrecision(3))} %`}</dt>
          <dd title={String(value)}>{formatNumber(value, 3)}</dd>
        </div>
      ))}
    </dl>
  );
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
