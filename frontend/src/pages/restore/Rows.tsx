import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RestorePayload, RestoreRowsPayload } from '../../api/types';
import { formatCount, formatQuantity, visibleName } from '../../model/format';
import {
  countAll,
  countDiffering,
  keyOfRow,
  type Spec,
  STATUS_TITLES,
  STATUS_WORDS,
  STATUSES,
  searchRows,
  specsOf,
} from '../../model/restores';
import { compileSearch } from '../../model/search';
import { readSet, toggleIn } from '../../routes';
import { go, route } from '../../state';
import { announce } from '../../ui/announce';
import { Chip, Chips } from '../../ui/Chips';
import { Icon, type IconName } from '../../ui/Icon';
import { variableRows } from '../../ui/rows';
import { Search } from '../../ui/Search';
import { focusGrid, VirtualGrid } from '../../ui/VirtualGrid';
import { Name } from '../parts';
import { Prose } from './Prose';

const ROW_PX = 28;
const REASON_PX = 20;
const COLUMNS = [
  { id: 'status', title: 'Status', fixed: true },
  { id: 'target', title: 'In the target', fixed: true },
  { id: 'checkpoint', title: 'In the checkpoint', fixed: true },
];
const TEMPLATE = '96px minmax(220px, 1fr) minmax(220px, 1fr)';

/** The variables of both sides: what does not match, or as the chips say. */
export function Rows({ payload }: { payload: RestorePayload }) {
  const { rows } = payload;
  const box = useRef<HTMLDivElement>(null);
  const source = useSignal(rows);
  source.value = rows;
  const found = useComputed(() => searchRows(source.value, route.value.q)).value;
  useEffect(() => announce(`${formatQuantity(found.length, 'variable')} shown`), [found.length]);
  const { tensor } = route.value;
  const keyOf = (index: number) => keyOfRow(rows, found[index] ?? -1);
  const show = (index: number, options: { replace: boolean }) =>
    go({ tensor: keyOf(index) }, options);
  return (
    <div class="restore-rows" ref={box}>
      <Filters payload={payload} onDown={() => focusGrid(box.current)} />
      {found.length ? (
        <VirtualGrid
          role="grid"
          label="Variables"
          rows={variableRows(found.map((row) => ROW_PX + (noteOf(rows, row) ? REASON_PX : 0)))}
          columns={COLUMNS}
          template={TEMPLATE}
          minWidth={568}
          active={tensor ? found.findIndex((row) => keyOfRow(rows, row) === tensor) : -1}
          onActive={(index) => show(index, { replace: tensor !== '' })}
          onOpen={(index) => show(index, { replace: false })}
          rowKey={keyOf}
        >
          {(index) => <Row rows={rows} row={found[index] ?? -1} />}
        </VirtualGrid>
      ) : (
        <Nothing payload={payload} />
      )}
    </div>
  );
}

function Filters({ payload, onDown }: { payload: RestorePayload; onDown: () => void }) {
  const { counts, rows, row_count } = payload;
  const { q, state } = route.value;
  const chosen = readSet(state === 'all' ? '' : state);
  const problem = compileSearch(q);
  const pick = (next: string) => go({ state: next });
  return (
    <div class="restore-filters">
      <Search
        label="Search names, keys and paths"
        placeholder="Search names, keys and paths"
        value={q}
        problem={typeof problem === 'string' ? problem : undefined}
        onInput={(text) => go({ q: text }, { replace: true })}
        onDown={onDown}
      />
      <Chips label="Status">
        <Chip pressed={state === ''} title="All but what matches" onToggle={() => pick('')}>
          Differing<span>{formatCount(countDiffering(counts))}</span>
        </Chip>
        <Chip pressed={state === 'all'} onToggle={() => pick('all')}>
          All<span>{formatCount(countAll(counts))}</span>
        </Chip>
        <span class="chip-gap" />
        {STATUSES.filter((status) => counts[status] || chosen.has(status)).map((status) => (
          <Chip
            key={status}
            pressed={chosen.has(status)}
            title={STATUS_TITLES[status] ?? ''}
            onToggle={() => pick(toggleIn([...chosen].join(), status))}
          >
            {STATUS_WORDS[status]}
            <span>{formatCount(counts[status] ?? 0)}</span>
          </Chip>
        ))}
      </Chips>
      {row_count > rows.status.length && (
        <p class="muted">
          The first {formatCount(rows.status.length)} of {formatCount(row_count)} are here: narrow
          them by status, or use the command.
        </p>
      )}
    </div>
  );
}

function Nothing({ payload }: { payload: RestorePayload }) {
  const { q, state } = route.value;
  const matched = payload.counts.matched ?? 0;
  const problem = compileSearch(q);
  if (typeof problem === 'string') return <p class="restore-nothing state bad">{problem}</p>;
  return (
    <div class="restore-nothing">
      <p>
        {q
          ? 'No variable here has this in its names, keys or paths.'
          : state === ''
            ? `Nothing differs: both sides have ${formatQuantity(matched, 'variable')} of one type and shape.`
            : 'There is no variable of this status.'}
      </p>
      {(q || state !== 'all') && (
        <button type="button" class="plain outlined" onClick={() => go({ q: '', state: 'all' })}>
          Show all {formatCount(countAll(payload.counts))}
        </button>
      )}
    </div>
  );
}

const SIGNS: Record<string, { icon: IconName; tone: string }> = {
  matched: { icon: 'check', tone: 'good' },
  shape_mismatch: { icon: 'error', tone: 'bad' },
  dtype_mismatch: { icon: 'warning', tone: 'warn' },
  partial: { icon: 'warning', tone: 'warn' },
  missing: { icon: 'gone', tone: 'bad' },
  unused: { icon: 'minus', tone: 'muted' },
};

/** A status: a sign and a word, so that colour is never all. */
export function Status({ rows, row }: { rows: RestoreRowsPayload; row: number }) {
  const status = rows.status[row] ?? '';
  const { icon, tone } = SIGNS[status] ?? { icon: 'info', tone: 'muted' };
  if (isLeft(rows, row)) {
    return (
      <span class="state muted" title="It fits, and is not restored">
        <Icon name="gone" />
        Left out
      </span>
    );
  }
  return (
    <span class={`state ${tone}`} title={STATUS_TITLES[status]}>
      <Icon name={icon} />
      {STATUS_WORDS[status] ?? status}
    </span>
  );
}

/** Whether it fits and is not restored all the same: the call ends before. */
function isLeft(rows: RestoreRowsPayload, row: number): boolean {
  return rows.status[row] === 'matched' && !rows.restored[row];
}

/** The line below a row: what is wrong with it. Why the call ends is said once, above. */
function noteOf(rows: RestoreRowsPayload, row: number): string {
  return isLeft(rows, row) ? '' : (rows.reason[row] ?? '');
}

function Row({ rows, row }: { rows: RestoreRowsPayload; row: number }) {
  const [target, checkpoint] = specsOf(rows, row);
  const reason = noteOf(rows, row);
  const nearest = rows.nearest[row]?.[0];
  const side = (spec: Spec | null, name: string | null | undefined, key: string | null) =>
    spec && (
      <>
        <Name name={name ?? ''} title={visibleName(key ?? '')} />
        <SpecText spec={spec} />
      </>
    );
  const guess = nearest && (
    <Name name={`perhaps ${nearest.name}`} class="muted" title={nearest.reason} />
  );
  return (
    <>
      <div class="cells">
        <span role="gridcell">
          <Status rows={rows} row={row} />
        </span>
        <span role="gridcell" class="side-cell">
          {side(target, rows.target_name[row], rows.target_key[row] ?? null) || guess || '–'}
        </span>
        <span role="gridcell" class="side-cell">
          {side(checkpoint, rows.checkpoint_name[row], rows.checkpoint_key[row] ?? null) ||
            guess ||
            '–'}
        </span>
      </div>
      {reason && (
        <div class="reason" role="gridcell" title={visibleName(reason)}>
          <Prose text={reason} />
        </div>
      )}
    </>
  );
}

/** Type and shape; what the other side has otherwise stands out. */
export function SpecText({ spec }: { spec: Spec }) {
  return (
    <span class="spec">
      <span class={spec.otherDtype ? 'other' : ''}>{spec.dtype}</span>{' '}
      <span class={spec.otherShape ? 'other' : ''}>{spec.shape}</span>
    </span>
  );
}
