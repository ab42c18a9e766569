import { signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { TensorsPayload } from '../../api/types';
import { formatQuantity } from '../../model/format';
import { compileSearch } from '../../model/search';
import { STAT_COLUMNS, StatsTable } from '../../model/stats';
import {
  TENSOR_COLUMNS,
  type TensorQuery,
  type TensorSort,
  TensorTable,
} from '../../model/tensors';
import { readSet, readSort } from '../../routes';
import { api, go, homeRoute, reloads, route, shown, useAnswer } from '../../state';
import { announce } from '../../ui/announce';
import { Split } from '../../ui/Split';
import { adoptStyles } from '../../ui/styles';
import { Problem, ViewLink } from '../parts';
import { layOutColumns } from './columns';
import { Drawer } from './Drawer';
import { Filters } from './Filters';
import { StatsFeed } from './feed';
import { isActive } from './follow';
import { useCloseOnEscape, useWidth } from './hooks';
import { TensorList } from './TensorList';
import { TensorTree } from './TensorTree';
import css from './weights.css?inline';

adoptStyles(css);

const SORTS = ['file', ...TENSOR_COLUMNS, ...STAT_COLUMNS] as const;
const IN_FILE_ORDER: TensorSort = { column: 'file', descending: false };

/** The line the keyboard is on: a tensor's key, or a branch's path after `branch:`. */
const active = signal('');

/** All tensors of an artifact, and the values of one. */
export default function Weights() {
  const { id } = route.value;
  const { value, error, retry } = useAnswer(id, (client, signal) => client.tensors(id, signal));
  if (value) return <Loaded payload={value} />;
  if (!error) return <p class="waiting">Reading the list of tensors…</p>;
  return (
    <div class="page-notes">
      <Problem error={error} what="The tensors cannot be listed" onRetry={retry} />
      <p class="after-note">
        <ViewLink to={{ page: 'model', id }}>What is known of this artifact</ViewLink>
        {' · '}
        <ViewLink to={homeRoute.value}>All artifacts</ViewLink>
      </p>
    </div>
  );
}

function readQuery(): TensorQuery {
  const { q, role, dtype } = route.value;
  return { search: q, roles: readSet(role), dtypes: readSet(dtype) };
}

/** Which tensors have one of the findings that are asked for; follows what comes, but not always. */
function readFinding(feed: StatsFeed | undefined): Pick<TensorQuery, 'also'> {
  const kinds = readSet(route.value.finding);
  if (!kinds.size || !feed) return {};
  void feed.order.value;
  return { also: (row) => feed.stats.passes(row, kinds) };
}

/** Up to here a page has its statistics without being asked: room is kept for them. */
const LIKELY_NBYTES = 256 * 2 ** 20;

/** Statistics of these tensors, asked for as long as the page shows them. */
function useStats(table: TensorTable): StatsFeed | undefined {
  const { id } = route.value;
  const feed = useMemo(() => {
    if (!table.holdsValues || !table.count) return undefined;
    const stats = new StatsTable(table.elements, table.columns.alias_of, table.parameters);
    return new StatsFeed(api(), id, stats, () => shown.value);
  }, [table, id]);
  useEffect(() => () => feed?.close(), [feed]);
  useEffect(() => void feed?.open(), [feed, reloads.value]);
  return feed;
}

/** Whether there are statistics to show, or soon will be. */
function expectsStats(table: TensorTable, feed: StatsFeed | undefined): boolean {
  if (!feed) return false;
  const job = feed.job.value;
  if (job && (job.done > 0 || !isActive(job))) return job.done > 0;
  return table.total.nbytes <= LIKELY_NBYTES || (job?.nbytes ?? 0) > 0;
}

function Loaded({ payload }: { payload: TensorsPayload }) {
  const table = useMemo(() => new TensorTable(payload), [payload]);
  const source = useSignal(table);
  source.value = table;
  const page = useRef<HTMLDivElement>(null);
  const width = useWidth(page);
  const searched = useComputed(() => route.value.q);
  const feed = useStats(table);
  const fed = useSignal(feed);
  fed.value = feed;
  const query = useComputed<TensorQuery>(() => ({
    ...readQuery(),
    search: searched.value,
    ...readFinding(fed.value),
  }));
  const rows = useComputed(() => source.value.filter(query.value));
  const { tensor, sort, view, cols } = route.value;
  const hasStats = useComputed(() => expectsStats(source.value, fed.value)).value;
  const layout = useMemo(
    () => layOutColumns(width.value, cols, hasStats),
    [width.value, cols, hasStats],
  );
  const sorting = readSort(sort, SORTS, IN_FILE_ORDER);
  const selected = tensor ? table.find(tensor) : -1;
  useEffect(
    () => announce(`${formatQuantity(rows.value.length, 'tensor')} shown`),
    [rows.value.length],
  );
  useCloseOnEscape(closeDrawer);
  if (tensor && !active.peek()) active.value = tensor;
  const problem = compileSearch(query.value.search);
  const List = view === 'tree' ? TensorTree : TensorList;
  const list = (
    <div class="weights-main" ref={page}>
      <List
        table={table}
        feed={feed}
        rows={rows.value}
        sort={sorting}
        active={active.value}
        layout={layout}
        onActive={(key) => moveTo(key, table)}
        onOpen={openTensor}
      />
    </div>
  );
  return (
    <div class="weights">
      <Filters
        table={table}
        feed={feed}
        layout={layout}
        rows={rows.value}
        query={query.value}
        problem={typeof problem === 'string' ? problem : undefined}
        onDown={() => page.current?.querySelector<HTMLElement>('.grid')?.focus()}
      />
      <Split
        memory="drawer"
        label="Width of the drawer"
        usual={Math.min(600, Math.round(innerWidth * 0.42))}
        main={list}
        side={
          tensor ? <Drawer table={table} row={selected} feed={feed} onClose={closeDrawer} /> : null
        }
      />
    </div>
  );
}

/** The keyboard moved: an open drawer follows, without a step back for each line. */
function moveTo(key: string, table: TensorTable) {
  active.value = key;
  if (route.value.tensor && table.find(key) >= 0) go(showing(key), { replace: true });
}

function openTensor(key: string) {
  active.value = key;
  if (route.value.tensor !== key) go(showing(key));
}

/** Another tensor in the drawer, shown as the last one was; what belongs to that one goes. */
function showing(tensor: string) {
  const { range } = route.value;
  return { tensor, slice: '', axes: '', range: range === 'full' ? range : '' };
}

function closeDrawer() {
  go(showing(''));
  document.querySelector<HTMLElement>('.weights .grid')?.focus();
}
