import type { ComponentChildren } from 'preact';
import type { Sides } from '../../api/client';
import type { DifferencePayload, DiffPairPayload } from '../../api/types';
import { type PairTable, placeText } from '../../model/diff';
import {
  countElements,
  formatBytes,
  formatCount,
  formatQuantity,
  formatShape,
  visibleName,
} from '../../model/format';
import { formatNumber, formatShare } from '../../model/numbers';
import { formatSlice, regionAround } from '../../model/slices';
import { go, route, useAnswer } from '../../state';
import { Segments } from '../../ui/Chips';
import { CopyButton } from '../../ui/CopyButton';
import { Fact } from '../../ui/Fact';
import { Histogram } from '../../ui/Histogram';
import { Note } from '../../ui/Note';
import { PanelHead } from '../../ui/PanelHead';
import { Problem, ViewLink } from '../parts';
import { TileChoice } from '../weights/asked';
import { isActive } from '../weights/follow';
import { useSettled } from '../weights/SliceField';
import type { DiffFeed } from './feed';
import { MEANS, States } from './PairList';
import { PairPictures } from './PairPictures';
import { PairValues } from './PairValues';

export interface DrawerProps {
  sides: Sides;
  table: PairTable;
  feed: DiffFeed;
  /** -1 where the tensor of the address is in no pair that is listed. */
  row: number;
}

/** One pair: both tensors, by what they were paired, and how their values differ. */
export function Drawer(props: DrawerProps & { onClose: () => void }) {
  const { table, row } = props;
  const name = visibleName(table.columns.name[row] ?? route.value.tensor);
  return (
    <section class="drawer" aria-label={`Pair ${name}`}>
      <PanelHead title={name} copy={name} onClose={props.onClose} />
      {row < 0 ? <NotListed /> : <Pair key={row} {...props} />}
    </section>
  );
}

function NotListed() {
  const { all } = route.value;
  return (
    <Note tone="info" title="This tensor is not listed">
      {all
        ? 'Neither artifact has a tensor of this key.'
        : 'It is equal on both sides, or repeats another one. '}
      {!all && (
        <button type="button" class="link" onClick={() => go({ all: '1' })}>
          Show all tensors
        </button>
      )}
    </Note>
  );
}

function Pair(props: DrawerProps) {
  const { sides, table, row } = props;
  const pair = table.columns.pair[row] ?? 0;
  const settled = Number(useSettled(String(pair)));
  // What the reading finds out meanwhile is asked for once more.
  const { value, error, retry } = useAnswer(
    `${sides.before} ${sides.after} ${settled} ${table.wasRead(row)}`,
    (client, signal) => client.diffPair(sides, settled, signal),
  );
  const current = value?.pair === pair ? value : undefined;
  return (
    <>
      <Facts {...props} answer={current} />
      {error && <Problem error={error} what="This pair cannot be shown" onRetry={retry} />}
      {current && <Difference {...props} answer={current} />}
      <Shown {...props} first={current?.values?.first ?? null} />
      {current?.values && current.values.histogram.counts.length > 1 && (
        <section class="statistics" aria-label="Histogram of the differences">
          <h3>After − before, of the elements that differ</h3>
          <Histogram
            bins={current.values.histogram}
            quantiles={[]}
            name="after − before"
            formatNumber={formatNumber}
            formatCount={formatCount}
          />
        </section>
      )}
    </>
  );
}

function Facts(props: DrawerProps & { answer: DiffPairPayload | undefined }) {
  const { sides, table, row, answer } = props;
  const { columns } = table;
  const state = columns.state[row];
  const by = columns.by[row];
  const reason = answer?.reason || columns.reason[row];
  return (
    <dl class="tensor-facts">
      <Fact name="State">
        <span class="diff-states">
          <States words={table.words(row)} error={table.error(row)} />
        </span>
      </Fact>
      {state !== 'added' && (
        <Fact name="Before">
          <Tensor table={table} row={row} isBefore={state !== 'removed'} id={sides.before} />
        </Fact>
      )}
      {state !== 'removed' && (
        <Fact name="After">
          <Tensor table={table} row={row} isBefore={false} id={sides.after} />
        </Fact>
      )}
      {by && by !== 'key' && (
        <Fact name="Paired by">
          <span>
            {by === 'guess' ? 'a guess' : by}: {reason}{' '}
            <span class="muted" title="How sure that is">
              ({formatShare(answer?.confidence ?? columns.confidence[row] ?? 1)})
            </span>
          </span>
        </Fact>
      )}
    </dl>
  );
}

/** What one of the two is, and the way to it. */
function Tensor(props: { table: PairTable; row: number; isBefore: boolean; id: string }) {
  const { table, row } = props;
  const now = table.tensorOf(row, false);
  const own = table.tensorOf(row, props.isBefore);
  return (
    <span class="pair-fact">
      {own.name !== now.name && (
        <strong class="former" title={visibleName(own.key)}>
          {visibleName(own.name)}{' '}
        </strong>
      )}
      {own.dtype} {formatShape(own.shape)}
      <span class="muted">
        {' · '}
        {own.role} · {formatBytes(own.nbytes)} ·{' '}
      </span>
      <ViewLink to={{ page: 'weights', id: props.id, tensor: own.key }}>Weights</ViewLink>
    </span>
  );
}

function Difference(props: DrawerProps & { answer: DiffPairPayload }) {
  const { answer, table, row, feed } = props;
  const { values, error, unread_nbytes } = answer;
  if (error) {
    return (
      <Note tone="bad" title="The values cannot be compared" copy={error.message}>
        {visibleName(error.message)}
      </Note>
    );
  }
  if (values) return <Numbers values={values} table={table} row={row} />;
  if (unread_nbytes > 0) {
    if (isActive(feed.job.value)) return <p class="values-note muted">Values are being read.</p>;
    return (
      <button
        type="button"
        class="plain outlined"
        onClick={() => void feed.act('start', [answer.pair])}
      >
        Compare the values of this pair (reads {formatBytes(unread_nbytes)})
      </button>
    );
  }
  const words = explainUnread(table, row);
  return words ? <p class="values-note muted">{words}</p> : null;
}

function explainUnread(table: PairTable, row: number): string {
  const words = table.words(row);
  if (words.includes('reshaped'))
    return 'Of two shapes: values cannot be compared element by element.';
  if (table.state(row) === 'equal')
    return 'Equal by checksum: the same type, shape, size and CRC-32C. No value was read for that.';
  return table.state(row) === 'incomparable' ? 'Values of these types cannot be compared.' : '';
}

/** How the values differ, in numbers and as a histogram. */
function Numbers(props: { values: DifferencePayload; table: PairTable; row: number }) {
  const { values, table, row } = props;
  const shape = table.columns.shape[row] ?? [];
  const { count, differing } = values;
  const isEqual = !differing;
  return (
    <section class="statistics" aria-label="Difference">
      <div class="statistics-head">
        <h3>
          {isEqual
            ? 'All elements are equal'
            : `${formatCount(differing)} of ${formatQuantity(count, 'element')} differ`}
        </h3>
        <span class="muted">{!isEqual && formatShare(differing / (count || 1))}</span>
        <CopyButton
          word="JSON"
          class="small"
          label="Copy all numbers as JSON"
          text={() => JSON.stringify(values, null, 1)}
        />
      </div>
      <Explained values={values} table={table} row={row} />
      {!isEqual && (
        <dl class="numbers">
          <Place name="First" place={values.first} shape={shape} />
          {values.of !== 'equality' && (
            <>
              <Amount name="Rel. L2" of="relative_l2" values={values} />
              <Amount name="L2" of="l2" values={values} />
              <Amount name="Cosine" of="cosine" values={values} />
              <Amount name="Mean |Δ|" of="mean_abs" values={values} />
              <Amount name="Max |Δ|" of="max_abs" values={values}>
                <PlaceLink place={values.max_at} shape={shape} />
              </Amount>
            </>
          )}
        </dl>
      )}
    </section>
  );
}

function Explained(props: { values: DifferencePayload; table: PairTable; row: number }) {
  const { values, table, row } = props;
  const { of, compared_as, rounding, nan_both, nan_before, nan_after } = values;
  const [was, is] = [table.columns.before_dtype[row], table.columns.dtype[row]];
  const notes = [
    of === 'magnitude' && 'Of complex numbers: sizes are magnitudes.',
    of === 'equality' && 'Compared for equality: there are no numbers.',
    compared_as &&
      `${was} against ${is}: compared as ${compared_as}${
        rounding === null
          ? ''
          : rounding
            ? '; one is the other, rounded to its type'
            : '; they differ by more than the rounding of the types'
      }.`,
    nan_both > 0 &&
      `NaN on both sides at ${formatQuantity(nan_both, 'place')}, which is no difference.`,
    nan_after > 0 && `NaN only after: ${formatCount(nan_after)}.`,
    nan_before > 0 && `NaN only before: ${formatCount(nan_before)}.`,
  ];
  return (
    <>
      {notes.filter(Boolean).map((note) => (
        <p key={String(note)} class="values-note muted">
          {note}
        </p>
      ))}
    </>
  );
}

type Name = 'max_abs' | 'mean_abs' | 'l2' | 'relative_l2' | 'cosine';

/** A number, short to compare and in full to copy. */
function Amount(props: {
  name: string;
  of: Name;
  values: DifferencePayload;
  children?: ComponentChildren;
}) {
  const { name, of, values } = props;
  const [value, text] = [values[of], values.text[of]];
  return (
    <div title={MEANS[of]}>
      <dt>{name}</dt>
      <dd class={text === undefined ? 'muted' : ''}>
        <span title={text}>{value === null ? (text ?? '–') : formatNumber(value, 6)}</span>
        {props.children}
      </dd>
    </div>
  );
}

function Place(props: { name: string; place: number[] | null; shape: readonly number[] }) {
  if (!props.place?.length) return null;
  return (
    <div title="The first element that differs, row by row">
      <dt>{props.name}</dt>
      <dd>
        <PlaceLink {...props} />
      </dd>
    </div>
  );
}

function PlaceLink({ place, shape }: { place: number[] | null; shape: readonly number[] }) {
  if (!place?.length) return null;
  return (
    <button
      type="button"
      class="link"
      title="Show the values there"
      onClick={() => go({ show: 'values', slice: formatSlice(regionAround(place, shape), shape) })}
    >
      {placeText(place)}
    </button>
  );
}

const VIEWS = [
  ['', 'Picture'],
  ['values', 'Values'],
] as const;

/** The middle 98 % of the cells, or from the least to the largest. */
const RANGES = [
  ['', 'Robust'],
  ['full', 'Full'],
] as const;

/** Both tensors and their difference as pictures, or element by element. */
function Shown(props: DrawerProps & { first: number[] | null }) {
  const { table, row } = props;
  const { columns } = table;
  const shape = columns.shape[row] ?? [];
  const state = columns.state[row] ?? '';
  const isPair = state !== 'added' && state !== 'removed' && !columns.before_shape[row];
  if (!isPair || /^(variant|resource)$/.test(columns.dtype[row] ?? '') || !countElements(shape)) {
    return null;
  }
  const canPicture = columns.dtype[row] !== 'string' && countElements(shape) > 1;
  const isPicture = canPicture && route.value.show !== 'values';
  return (
    <>
      {canPicture && (
        <div class="shown-as">
          <Segments
            label="How values are shown"
            options={VIEWS}
            value={isPicture ? '' : 'values'}
            onChange={(show) => go({ show, slice: '', axes: '' })}
          />
          {isPicture && <TileChoice shape={shape} />}
          {isPicture && (
            <Segments
              label="Range of the colours"
              options={RANGES}
              value={route.value.range === 'full' ? 'full' : ''}
              onChange={(range) => go({ range })}
            />
          )}
        </div>
      )}
      {isPicture ? <PairPictures {...props} /> : <PairValues {...props} />}
    </>
  );
}
