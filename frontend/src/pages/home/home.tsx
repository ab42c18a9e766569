import { signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ArtifactsPayload } from '../../api/types';
import {
  filterArtifacts,
  HOME_COLUMNS,
  type HomeColumn,
  type HomeItem,
  type HomeQuery,
  type HomeSort,
  listHome,
  sumArtifacts,
} from '../../model/artifacts';
import { formatQuantity } from '../../model/format';
import { compileSearch } from '../../model/search';
import { readSet, readSort } from '../../routes';
import { artifacts, go, refreshArtifacts, route } from '../../state';
import { announce } from '../../ui/announce';
import { variableRows } from '../../ui/rows';
import { adoptStyles } from '../../ui/styles';
import { type Column, VirtualGrid } from '../../ui/VirtualGrid';
import { Problem, visit } from '../parts';
import { Filters } from './Filters';
import css from './home.css?inline';
import { isScanned, useMarks, worst } from './marks';
import { NothingFound, NothingMatches } from './Nothing';
import { heightOf, Line, linePropsOf } from './rows';
import { Summary } from './Summary';

adoptStyles(css);

const COLUMNS: readonly (Column & { id: HomeColumn })[] = [
  { id: 'path', title: 'Path' },
  { id: 'state', title: 'State' },
  { id: 'kind', title: 'Kind' },
  { id: 'step', title: 'Step', right: true },
  { id: 'parameters', title: 'Parameters', right: true },
  { id: 'nbytes', title: 'Size', right: true },
  { id: 'mtime_s', title: 'Modified', right: true },
];
const TEMPLATE = 'minmax(240px, 880px) 100px 120px 84px 100px 92px 116px';
const USUAL: HomeSort = { column: 'path', descending: false };

/** Keys of groups that are not folded as usual, and the line the keyboard is on: kept while away. */
const toggled = signal<ReadonlySet<string>>(new Set());
const activeKey = signal('');

/** All artifacts by run. */
export default function Home() {
  const { value, error } = artifacts.value;
  const retry = () => void refreshArtifacts({ rescan: true });
  // What other pages found out about weights flags them here.
  useEffect(() => {
    if (artifacts.peek().value) void refreshArtifacts({ rescan: false });
  }, []);
  if (!value) {
    if (!error) return <p class="waiting">Asking TensorBoard for the artifacts…</p>;
    return (
      <div class="page-notes">
        <Problem error={error} what="The artifacts cannot be listed" onRetry={retry} />
      </div>
    );
  }
  return (
    <>
      {error && (
        <div class="page-notes">
          <Problem
            error={error}
            what="The list is old: it could not be refreshed"
            onRetry={retry}
          />
        </div>
      )}
      {value.artifacts.length ? <Found payload={value} /> : <NothingFound payload={value} />}
    </>
  );
}

function readQuery(): HomeQuery {
  const { q, kind, state, finding, sort } = route.value;
  return {
    search: q,
    kinds: readSet(kind),
    states: readSet(state),
    findings: readSet(finding),
    worst: worst.value,
    sort: readSort(sort, HOME_COLUMNS, USUAL),
  };
}

function Found({ payload }: { payload: ArtifactsPayload }) {
  const page = useRef<HTMLDivElement>(null);
  const source = useSignal(payload);
  source.value = payload;
  const query = useComputed(readQuery);
  const rows = useComputed(() => filterArtifacts(source.value.artifacts, query.value));
  const items = useComputed(() => listHome(rows.value, query.value.sort, toggled.value));
  const count = rows.value.length;
  const total = payload.artifacts.length;
  useEffect(() => {
    if (count !== total) announce(`${formatQuantity(count, 'artifact')} of ${total}`);
  }, [count, total]);
  useMarks(payload.scan);
  const problem = compileSearch(query.value.search);
  return (
    <div class="home" ref={page}>
      <Summary payload={payload} shown={sumArtifacts(rows.value)} />
      <Filters
        artifacts={payload.artifacts}
        query={query.value}
        problem={typeof problem === 'string' ? problem : undefined}
        onDown={() => {
          page.current?.querySelector<HTMLElement>('.grid')?.focus();
          activeKey.value = items.value.find((item) => item.type === 'artifact')?.key ?? '';
        }}
      />
      {count ? (
        <List items={items.value} sort={query.value.sort} />
      ) : query.value.findings.size && !isScanned.value ? (
        <p class="waiting">Scanning the artifacts…</p>
      ) : (
        <NothingMatches />
      )}
    </div>
  );
}

function List({ items, sort }: { items: readonly HomeItem[]; sort: HomeSort }) {
  const rows = variableRows(items.map(heightOf));
  const active = items.findIndex((item) => item.key === activeKey.value);
  const open = (index: number) => {
    const item = items[index];
    if (item?.type === 'artifact') visit({ page: 'model', id: item.row.id });
    else if (item) toggle(item.key);
  };
  return (
    <VirtualGrid
      role="treegrid"
      label="Artifacts"
      class="home-list"
      memory="home"
      rows={rows}
      columns={COLUMNS}
      template={TEMPLATE}
      minWidth={892}
      sorting={sort}
      onSort={(column) => go({ sort: nextSort(sort, column) })}
      active={active}
      onActive={(index) => {
        activeKey.value = items[index]?.key ?? '';
      }}
      onOpen={open}
      onKey={(event) => foldByKey(event, items, active)}
      rowKey={(index) => items[index]?.key ?? ''}
      rowProps={(index) => linePropsOf(items[index])}
    >
      {(index) => <Line item={items[index]} />}
    </VirtualGrid>
  );
}

function toggle(key: string) {
  const next = new Set(toggled.value);
  if (!next.delete(key)) next.add(key);
  toggled.value = next;
}

/** First the way that matters more: large, new and broken first, names from a to z. */
function nextSort(sort: HomeSort, column: string): string {
  const largeFirst = ['nbytes', 'parameters', 'mtime_s', 'state'].includes(column);
  const descending = sort.column === column ? !sort.descending : largeFirst;
  if (column === USUAL.column && !descending) return '';
  return `${descending ? '-' : ''}${column}`;
}

/** Left folds, or goes to the group around; right unfolds. */
function foldByKey(event: KeyboardEvent, items: readonly HomeItem[], active: number): boolean {
  const item = items[active];
  if (!item || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return false;
  const right = event.key === 'ArrowRight';
  if (item.type !== 'artifact' && item.open !== right) toggle(item.key);
  else if (!right) activeKey.value = groupAround(items, active)?.key ?? item.key;
  return true;
}

function groupAround(items: readonly HomeItem[], active: number): HomeItem | undefined {
  const depthOf = (item: HomeItem) =>
    item.type === 'run' ? 0 : item.type === 'series' ? 1 : item.depth;
  const own = items[active];
  return items.slice(0, active).findLast((item) => own && depthOf(item) < depthOf(own));
}
