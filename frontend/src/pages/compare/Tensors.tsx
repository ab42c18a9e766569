import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Sides } from '../../api/client';
import type { DiffPayload } from '../../api/types';
import { PAIR_SORTS, type PairQuery, type PairSort, type PairTable, WORDS } from '../../model/diff';
import { formatCount, formatQuantity } from '../../model/format';
import { compileSearch } from '../../model/search';
import { readSet, readSort, toggleIn } from '../../routes';
import { go, route } from '../../state';
import { announce } from '../../ui/announce';
import { Chip, Chips, Segments } from '../../ui/Chips';
import { Icon } from '../../ui/Icon';
import { Search } from '../../ui/Search';
import { Split } from '../../ui/Split';
import { focusGrid } from '../../ui/VirtualGrid';
import { useCloseOnEscape, useWidth } from '../weights/hooks';
import type { DiffFeed } from './feed';
import { Drawer } from './PairDrawer';
import { BRANCH, PairList, Sign } from './PairList';

const LARGEST_FIRST: PairSort = { column: 'largest', descending: true };
const VIEWS = [
  ['', <Icon key="" name="list" />, 'Table'],
  ['tree', <Icon key="tree" name="tree" />, 'Tree'],
] as const;

/** Tensors that differ, with the numbers of each, and all about one. */
export function Tensors(props: {
  payload: DiffPayload;
  sides: Sides;
  table: PairTable;
  feed: DiffFeed;
}) {
  const { payload, table, feed } = props;
  // The line the keyboard is on: a pair's number, or a branch's path after `branch:`.
  const active = useSignal('');
  const page = useRef<HTMLDivElement>(null);
  const width = useWidth(page).value;
  const { q, state, role, sort, tensor, at, all } = route.value;
  const query: PairQuery = { search: q, words: readSet(state), roles: readSet(role) };
  // Read here, so that rows are drawn again as numbers come; they change places less often.
  void feed.version.value;
  const order = feed.order.value;
  const rows = useMemo(() => {
    const found = table.filter(query);
    return all ? found : found.filter((row) => table.differs(row));
  }, [table, q, state, role, all, order]);
  useEffect(() => announce(`${formatQuantity(rows.length, 'pair')} shown`), [rows.length]);
  const selected = table.find(tensor, at === 'before');
  // With the drawer open its pair is the line, whatever showed it.
  const isOnBranch = active.value.startsWith(BRANCH);
  const open = (row: number) => {
    if (row !== selected) go(showing(table, row));
  };
  const close = () => {
    go({ tensor: '', at: '', slice: '', axes: '' });
    focusGrid(page.current);
  };
  useCloseOnEscape(close);
  const list = (
    <div class="weights-main" ref={page}>
      <PairList
        table={table}
        rows={rows}
        order={order}
        sort={readSort(sort, PAIR_SORTS, LARGEST_FIRST)}
        width={width}
        isTree={route.value.view === 'tree'}
        payload={payload}
        active={isOnBranch || selected < 0 ? active.value : String(table.columns.pair[selected])}
        onActive={(key, row) => {
          active.value = key;
          if (tensor && row >= 0) go(showing(table, row), { replace: true });
        }}
        onOpen={open}
      />
    </div>
  );
  return (
    <>
      <Filters
        table={table}
        query={query}
        order={order}
        payload={payload}
        onDown={() => focusGrid(page.current)}
      />
      <Split
        memory="pair"
        label="Width of the drawer"
        usual={Math.min(640, Math.round(innerWidth * 0.46))}
        main={list}
        side={tensor ? <Drawer {...props} row={selected} onClose={close} /> : null}
      />
    </>
  );
}

/** Another pair in the drawer; what belongs to the last one goes. */
function showing(table: PairTable, row: number) {
  const isGone = table.columns.state[row] === 'removed';
  const tensor = table.columns.key[row] ?? '';
  return { tensor, at: isGone ? 'before' : '', slice: '', axes: '' };
}

function Filters(props: {
  table: PairTable;
  query: PairQuery;
  order: number;
  payload: DiffPayload;
  onDown: () => void;
}) {
  const { table, query, order } = props;
  const { q, state, role, view, all } = route.value;
  const problem = compileSearch(query.search);
  const [words, roles] = useMemo(
    () => [table.facet(query, 'words'), table.facet(query, 'roles')],
    [table, q, state, role, order],
  );
  const equal = props.payload.equal;
  return (
    <div class="weights-filters">
      <div class="filter-line">
        <Search
          label="Search names and keys"
          placeholder="Search names and keys, or /regex/"
          value={query.search}
          problem={typeof problem === 'string' ? problem : undefined}
          onInput={(q) => go({ q }, { replace: true })}
          onDown={props.onDown}
        />
        <Segments
          label="View"
          options={VIEWS.map(([name, icon, word]) => [
            name,
            <>
              {icon} {word}
            </>,
          ])}
          value={view === 'tree' ? 'tree' : ''}
          onChange={(next) => go({ view: next })}
        />
        <Chip
          pressed={all === '1'}
          title="Equal tensors, aliases and a format's bookkeeping, too"
          onToggle={() => go({ all: all ? '' : '1' })}
        >
          Show all
          {equal > 0 && <span>{formatCount(equal)} equal</span>}
        </Chip>
        {typeof problem === 'string' && <p class="sums state bad">{problem}</p>}
      </div>
      {table.count > 0 && (
        <div class="filter-line">
          <Chips label="What differs">
            {words
              .filter(([word]) => all || word !== 'equal' || query.words.has(word))
              .map(([word, count]) => (
                <Chip
                  key={word}
                  pressed={query.words.has(word)}
                  title={WORDS[word]?.means ?? ''}
                  onToggle={() => go({ state: toggleIn(state, word) })}
                >
                  <Sign word={word} />
                  {WORDS[word]?.word}
                  <span>{formatCount(count)}</span>
                </Chip>
              ))}
          </Chips>
          {roles.length > 1 && (
            <Chips label="Role">
              {roles.map(([name, count]) => (
                <Chip
                  key={name}
                  pressed={query.roles.has(name)}
                  onToggle={() => go({ role: toggleIn(role, name) })}
                >
                  {name}
                  <span>{formatCount(count)}</span>
                </Chip>
              ))}
            </Chips>
          )}
        </div>
      )}
    </div>
  );
}
