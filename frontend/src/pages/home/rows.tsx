import type { HTMLAttributes } from 'preact';
import type { ArtifactRow } from '../../api/types';
import type { HomeItem } from '../../model/artifacts';
import { describeKind } from '../../model/findings';
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatExactBytes,
  formatKind,
  formatQuantity,
  formatShort,
  formatTime,
  visibleName,
} from '../../model/format';
import { describeMark, explainMark, explainScanMark, isGrave } from '../../model/marks';
import { artifacts as all, fresh, now_s } from '../../state';
import { Icon } from '../../ui/Icon';
import { Middle } from '../../ui/Middle';
import { FindingTag } from '../Findings';
import { Name, State, ViewLink } from '../parts';
import { Severity } from '../Severity';
import { marks, scanMarks } from './marks';

/** The kinds of lines of Home's list. */

const ROW_PX = 32;
const RUN_PX = 38;
const REASON_PX = 22;
/** Characters of a last part that gets an ellipsis of its own. */
const LONG_NAME = 40;

export function heightOf(item: HomeItem): number {
  if (item.type === 'run') return RUN_PX;
  return item.type === 'artifact' && item.row.reason ? ROW_PX + REASON_PX : ROW_PX;
}

export function linePropsOf(item: HomeItem | undefined): HTMLAttributes<HTMLDivElement> {
  if (!item) return {};
  if (item.type === 'artifact') {
    const isFresh = fresh.value.has(item.row.id);
    return { 'aria-level': item.depth + 1, class: `depth${item.depth} ${isFresh ? 'fresh' : ''}` };
  }
  const level = item.type === 'run' ? 1 : 2;
  return { 'aria-level': level, 'aria-expanded': item.open, class: item.type };
}

export function Line({ item }: { item: HomeItem | undefined }) {
  if (!item) return null;
  if (item.type === 'run') return <Run item={item} />;
  return item.type === 'series' ? (
    <Series item={item} />
  ) : (
    <Artifact row={item.row} above={item.above} />
  );
}

function Twisty({ open }: { open: boolean }) {
  return (
    <span class={`twisty ${open ? 'open' : ''}`}>
      <Icon name="right" />
    </span>
  );
}

function Run({ item }: { item: Extract<HomeItem, { type: 'run' }> }) {
  const { artifacts, nbytes, attention } = item.sums;
  return (
    <div class="cells">
      <span role="gridcell" class="run-name">
        <Twisty open={item.open} />
        <strong title={item.run ?? undefined}>
          {item.run === null
            ? 'No run'
            : item.run === '.'
              ? '. (the logdir itself)'
              : visibleName(item.run)}
        </strong>
        <span class="muted">
          {formatQuantity(artifacts, 'artifact')}
          <Attention count={attention} />
        </span>
      </span>
      <span role="gridcell" class="number muted run-size" title={formatExactBytes(nbytes)}>
        {formatBytes(nbytes)}
      </span>
    </div>
  );
}

function Attention({ count }: { count: number }) {
  if (!count) return null;
  return <span class="attention"> · {describeAttention(count)}</span>;
}

export function describeAttention(count: number): string {
  return `${formatCount(count)} ${count === 1 ? 'needs' : 'need'} attention`;
}

function Series({ item }: { item: Extract<HomeItem, { type: 'series' }> }) {
  const { artifacts, nbytes, attention } = item.sums;
  return (
    <div class="cells">
      <span role="gridcell" class="path">
        <Twisty open={item.open} />
        <PathName path={`${item.path}*`} above={item.above} />
        <span class="muted count">
          {formatQuantity(artifacts, 'checkpoint')}
          <Attention count={attention} />
        </span>
        <ViewLink to={{ page: 'timeline', id: item.newest }} class="series-link" tabIndex={-1}>
          Timeline
        </ViewLink>
      </span>
      <span role="gridcell" class="number muted series-steps">
        {item.steps && `steps ${item.steps}`}
      </span>
      <span role="gridcell" class="number muted run-size" title={formatExactBytes(nbytes)}>
        {formatBytes(nbytes)}
      </span>
    </div>
  );
}

/**
 * Folders dim, the last part plain: that is what one looks for. What the line above says already
 * is left out.
 */
function PathName({ path, above = '' }: { path: string; above?: string }) {
  const known = above !== '' && path.startsWith(above) && path.length > above.length;
  const name = visibleName(known ? path.slice(above.length) : path);
  const slash = name.lastIndexOf('/', name.length - 2) + 1;
  if (name.length - slash > LONG_NAME) return <Name name={name} />;
  const parts: [string, string] = [name.slice(0, slash), name.slice(slash)];
  return <Middle parts={parts} title={visibleName(path)} dimHead />;
}

function Artifact({ row, above }: { row: ArtifactRow; above: string }) {
  return (
    <>
      <div class="cells">
        <span role="gridcell" class="path">
          <ViewLink to={{ page: 'model', id: row.id }} class="path-link" tabIndex={-1}>
            <PathName path={row.path} above={above} />
          </ViewLink>
          <Flag row={row} />
          <ScanMark id={row.id} />
          <Mark row={row} />
          {fresh.value.has(row.id) && <span class="new">new</span>}
        </span>
        <span role="gridcell">
          <State state={row.state} />
        </span>
        <span role="gridcell" class="muted">
          {formatKind(row.kind)}
        </span>
        <span role="gridcell" class="number">
          <Step row={row} />
        </span>
        <span role="gridcell" class="number">
          <Parameters row={row} />
        </span>
        <span role="gridcell" class="number" title={formatExactBytes(row.nbytes)}>
          {formatBytes(row.nbytes)}
        </span>
        <span role="gridcell" class="number muted" title={formatTime(row.mtime_s)}>
          {formatAgo(row.mtime_s, now_s.value)}
        </span>
      </div>
      {row.reason && (
        <div class="reason" role="gridcell" title={row.reason}>
          {visibleName(row.reason)}
        </div>
      )}
    </>
  );
}

/** The worst of what is known to be wrong with the weights, notes aside. */
function Flag({ row: { id, findings } }: { row: ArtifactRow }) {
  const grave = findings.filter(({ severity }) => severity !== 'note');
  const first = grave[0];
  if (!first) return null;
  const told = findings.map(
    ({ kind, tensors }) => `${describeKind(kind)} in ${formatQuantity(tensors, 'tensor')}`,
  );
  return (
    <ViewLink to={{ page: 'weights', id, finding: first.kind }} class="flag" tabIndex={-1}>
      <FindingTag marks={grave} title={`${told.join(', ')}: show the weights`} />
    </ViewLink>
  );
}

/** The worst that the scan found, unless it is harmless. */
function ScanMark({ id }: { id: string }) {
  const mark = scanMarks.value.get(id);
  if (!mark || !isGrave(mark)) return null;
  return (
    <ViewLink to={{ page: 'trust', id }} class="flag" title={explainScanMark(mark)} tabIndex={-1}>
      <Severity severity={mark.worst ?? 'info'} />
    </ViewLink>
  );
}

/** What it has most in common with, where that is known. */
function Mark({ row }: { row: ArtifactRow }) {
  const mark = marks.value.get(row.id);
  if (!mark) return null;
  const [sign, name] = describeMark(mark, row.run);
  return (
    <ViewLink
      to={{ page: 'model', id: mark.other }}
      class="mark"
      title={explainMark(mark)}
      tabIndex={-1}
    >
      <span>{sign}</span>
      <Name name={name} title={explainMark(mark)} />
    </ViewLink>
  );
}

/** The step; of one of a series it leads to the series. */
function Step({ row }: { row: ArtifactRow }) {
  if (row.step === null) return null;
  const step = formatCount(row.step);
  if (row.series === null) return <>{step}</>;
  const to = { page: 'timeline', id: row.id } as const;
  return (
    <ViewLink to={to} class="quiet" title="Timeline of its series" tabIndex={-1}>
      {step}
    </ViewLink>
  );
}

function Parameters({ row }: { row: ArtifactRow }) {
  if (row.parameters === null) {
    const counting = all.value.value?.scan.counting && row.state === 'complete';
    return <span class="muted">{counting ? '…' : '–'}</span>;
  }
  const title =
    row.tensors === null
      ? undefined
      : `${formatCount(row.parameters)} in ${formatQuantity(row.tensors, 'tensor')}: show the weights`;
  return (
    <ViewLink to={{ page: 'weights', id: row.id }} class="quiet" title={title} tabIndex={-1}>
      {formatShort(row.parameters)}
    </ViewLink>
  );
}
