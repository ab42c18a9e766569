import { type ReadonlySignal, useComputed, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { type CheckpointRow, sortCheckpoints } from '../../model/checkpoints';
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatExactBytes,
  formatTime,
  visibleName,
} from '../../model/format';
import { nearestPlace, placesOf } from '../../model/lines';
import { formatNumber } from '../../model/numbers';
import { go, now_s } from '../../state';
import { variableRows } from '../../ui/rows';
import { Swatch } from '../../ui/Swatch';
import { type Column, VirtualGrid } from '../../ui/VirtualGrid';
import { Name, State } from '../parts';
import type { LowerProps } from './Lower';
import { hovered, type Shown, select, selectedKey } from './view';

const ROW_PX = 30;
const REASON_PX = 20;

/** What each state and mark means, for a title. */
const MARKS: Record<string, string> = {
  preserved: 'Its manager dropped it from its list but left it there',
  unlisted: 'Newer than what the state file lists',
  deleted: 'The state file names it, but it is gone',
};

/** All checkpoints with what is known of each; the selected one is that of the chart. */
export function Checkpoints({ shown, settings, scalar }: LowerProps) {
  const { sort } = settings;
  const rows = useMemo(
    () =>
      sortCheckpoints(
        shown.flatMap((series) => series.rows),
        sort,
      ),
    [shown, sort.column, sort.descending],
  );
  const columns = columnsOf(shown, scalar?.name);
  const source = useSignal(shown);
  source.value = shown;
  const { axis } = settings;
  const near = useComputed(() => nearRows(source.value, axis));
  const key = selectedKey();
  return (
    <VirtualGrid
      role="grid"
      label="Checkpoints"
      class="checkpoints"
      rows={variableRows(rows.map((row) => ROW_PX + (reasonOf(row) ? REASON_PX : 0)))}
      columns={columns}
      template={columns.map(({ width }) => width).join(' ')}
      minWidth={columns.reduce((sum, { least }) => sum + least, 32)}
      sorting={sort}
      onSort={(column) => go({ sort: nextSort(sort, column) })}
      active={rows.findIndex((row) => row.key === key)}
      onActive={(row) => select(rows[row])}
      onOpen={(row) => select(rows[row])}
      rowKey={(row) => `${rows[row]?.series} ${rows[row]?.key}`}
      rowProps={(row) => ({ class: rows[row]?.state === 'deleted' ? 'gone' : '' })}
    >
      {(index) => {
        const row = rows[index];
        return row && <Row row={row} shown={shown} hasScalar={scalar !== null} near={near} />;
      }}
    </VirtualGrid>
  );
}

/** Rows that the pointer is nearest to in the chart. */
function nearRows(shown: readonly Shown[], axis: 'step' | 'time'): Set<string> {
  const x = hovered.value;
  if (x === null) return new Set();
  return new Set(
    shown.flatMap(({ table, rows }) => {
      const places = placesOf(table.payload.checkpoints, axis);
      const at = nearestPlace(places, x);
      return places[at] === x ? (rows[at]?.key ?? []) : [];
    }),
  );
}

function reasonOf(row: CheckpointRow): string {
  return row.problem ?? '';
}

type Sized = Column & { width: string; least: number };

function columnsOf(shown: readonly Shown[], tag: string | undefined): Sized[] {
  const column = (id: string, title: string, least: number, right = true): Sized => ({
    id,
    title,
    right,
    least,
    width: `minmax(${least}px, ${least * 2}px)`,
  });
  const rows = shown.flatMap((one) => one.rows);
  const isMarked = rows.some((row) => row.mark !== 'kept');
  const isLong = rows.some((row) => (row.step ?? 0) >= 1e6);
  const series = shown.length > 1 ? [column('series', 'Series', 140, false)] : [];
  const scalarPx = Math.min(88 + (tag?.length ?? 0) * 5, 230);
  const scalar = tag === undefined ? [] : [column('scalar', visibleName(tag), scalarPx)];
  const names = shown[0]?.hyperparameters ?? [];
  return [
    column('step', 'Step', isLong ? 92 : 72),
    ...series,
    ...scalar,
    column('state', 'State', isMarked ? 172 : 110, false),
    column('changed', 'Changed', 88),
    column('relative', 'Rel. change', 92),
    column('l2', 'L2', 70),
    column('nonfinite', 'NaN, Inf', 74),
    column('nbytes', 'Size', 74),
    column('mtime_s', 'Saved', 92),
    ...names.map((name, index) => column(`hyper${index}`, lastPart(name), 98)),
  ];
}

function lastPart(name: string): string {
  return visibleName(name.slice(name.lastIndexOf('/') + 1));
}

function nextSort(sort: LowerProps['settings']['sort'], column: string): string {
  const isSame = sort.column === column;
  const largeFirst = !['scalar', 'state', 'series'].includes(column);
  const descending = isSame ? !sort.descending : largeFirst;
  return `${descending ? '-' : ''}${column}`;
}

function Row(props: {
  row: CheckpointRow;
  shown: readonly Shown[];
  hasScalar: boolean;
  near: ReadonlySignal<ReadonlySet<string>>;
}) {
  const { row, shown, near } = props;
  // Read as yes or no, so that a pointer that moves draws two rows and not all.
  const isNear = useComputed(() => near.value.has(row.key)).value;
  const reason = reasonOf(row);
  const name = shown[row.series]?.name ?? '';
  return (
    <>
      <div class={`cells ${isNear ? 'near' : ''}`}>
        <span role="gridcell" class="number" title={visibleName(row.path)}>
          {row.step === null ? '–' : formatCount(row.step)}
        </span>
        {shown.length > 1 && (
          <span role="gridcell" class="series-cell" title={visibleName(name)}>
            <Swatch look={{ slot: row.series, dash: 0 }} />
            <Name name={name} />
          </span>
        )}
        {props.hasScalar && <ScalarCell row={row} />}
        <span role="gridcell" class="state-cell">
          <State state={row.state} />
          {MARKS[row.mark] && row.mark !== row.state && (
            <span class="mark" title={MARKS[row.mark]}>
              {row.mark}
            </span>
          )}
        </span>
        <span role="gridcell" class="number" title="Tensors with another content than before">
          {row.compared ? `${formatCount(row.changed)} of ${formatCount(row.compared)}` : unknown()}
        </span>
        <Measured value={row.relative} />
        <Measured value={row.l2} />
        <span role="gridcell" class={`number ${row.nonfinite ? 'bad-number' : 'muted'}`}>
          {row.nonfinite === null ? '–' : formatCount(row.nonfinite)}
        </span>
        <span role="gridcell" class="number" title={formatExactBytes(row.nbytes)}>
          {row.state === 'deleted' && !row.nbytes ? unknown() : formatBytes(row.nbytes)}
        </span>
        <span
          role="gridcell"
          class="number muted"
          title={row.mtime_s ? formatTime(row.mtime_s) : ''}
        >
          {row.mtime_s ? formatAgo(row.mtime_s, now_s.value) : '–'}
        </span>
        {row.hyperparameters.map((value, index) => (
          <Measured key={index} value={value} />
        ))}
      </div>
      {reason && (
        <div class="reason" role="gridcell" title={visibleName(reason)}>
          {visibleName(reason)}
        </div>
      )}
    </>
  );
}

function unknown() {
  return <span class="muted">–</span>;
}

function Measured({ value }: { value: number | null }) {
  return (
    <span
      role="gridcell"
      class={`number ${value === null ? 'muted' : ''}`}
      title={String(value ?? 'not known')}
    >
      {formatNumber(value ?? Number.NaN)}
    </span>
  );
}

/** A value that is of an earlier step says so. */
function ScalarCell({ row }: { row: CheckpointRow }) {
  const { scalar } = row;
  if (!scalar) {
    return (
      <span role="gridcell" class="number muted" title="No value at this step or before">
        –
      </span>
    );
  }
  const of = scalar.exact ? 'Of this step' : `Of step ${formatCount(scalar.step)}`;
  return (
    <span role="gridcell" class="number scalar-cell" title={`${scalar.value}. ${of}`}>
      {!scalar.exact && <span class="muted earlier">of {formatCount(scalar.step)}</span>}
      <span>{formatNumber(scalar.value)}</span>
    </span>
  );
}
