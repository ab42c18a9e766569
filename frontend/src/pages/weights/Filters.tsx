import { useMemo } from 'preact/hooks';
import { compareMarks, describeKind, toneOf } from '../../model/findings';
import { formatBytes, formatCount, formatQuantity, formatShort } from '../../model/format';
import type { TensorQuery, TensorSums, TensorTable } from '../../model/tensors';
import { readSet, toggleIn } from '../../routes';
import { go, route } from '../../state';
import { Chip, Chips, Segments } from '../../ui/Chips';
import { Icon } from '../../ui/Icon';
import { Search } from '../../ui/Search';
import { FindingList } from '../Findings';
import { ColumnsMenu } from './ColumnsMenu';
import type { Layout } from './columns';
import type { StatsFeed } from './feed';
import { StatsLine, StatsProblem } from './StatsLine';

const VIEWS = [
  [
    '',
    <>
      <Icon name="list" /> Table
    </>,
  ],
  [
    'tree',
    <>
      <Icon name="tree" /> Tree
    </>,
  ],
] as const;

/** What is shown of how much; roles and dtypes with their sums are also the filters. */
export function Filters(props: {
  table: TensorTable;
  feed: StatsFeed | undefined;
  layout: Layout;
  rows: Uint32Array;
  query: TensorQuery;
  problem: string | undefined;
  onDown: () => void;
}) {
  const { table, feed, rows, query } = props;
  const roles = useMemo(() => table.facet(query, 'role'), [table, query]);
  const dtypes = useMemo(() => table.facet(query, 'dtype'), [table, query]);
  const sums = useMemo(() => table.sum(rows), [table, rows]);
  return (
    <div class="weights-filters">
      <div class="filter-line">
        <Search
          label="Search names and keys"
          placeholder="Search names and keys, or /regex/"
          value={route.value.q}
          problem={props.problem}
          onInput={(q) => go({ q }, { replace: true })}
          onDown={props.onDown}
        />
        <Segments
          label="View"
          options={VIEWS}
          value={route.value.view === 'tree' ? 'tree' : ''}
          onChange={(view) => go({ view })}
        />
        <Sums sums={sums} of={table.count} problem={props.problem} />
      </div>
      {table.count > 0 && (
        <div class="filter-line">
          <Facet facet={roles} field="role" label="Role" />
          <Facet facet={dtypes} field="dtype" label="Dtype" />
        </div>
      )}
      {table.count > 0 && (
        <div class="filter-line stats-filters">
          {feed && <Findings table={table} feed={feed} query={query} />}
          {feed && <StatsLine feed={feed} />}
          <ColumnsMenu layout={props.layout} hasValues={feed !== undefined} />
        </div>
      )}
      {feed && <StatsProblem feed={feed} />}
      {feed && <FindingList findings={feed.ofArtifact.value} label="Findings of the artifact" />}
    </div>
  );
}

function Sums({
  sums,
  of,
  problem,
}: {
  sums: TensorSums;
  of: number;
  problem: string | undefined;
}) {
  if (problem) return <p class="sums state bad">{problem}</p>;
  const part = sums.tensors !== of;
  return (
    <p class="sums">
      <strong>
        {part && `${formatCount(sums.tensors)} of `}
        {formatQuantity(of, 'tensor')}
      </strong>
      <span title={formatQuantity(sums.parameters, 'parameter')}>
        {' · '}
        {formatShort(sums.parameters)} parameters
      </span>
      {(sums.nbytes > 0 || !sums.parameters) && (
        <span title={formatQuantity(sums.nbytes, 'byte')}>
          {' · '}
          {formatBytes(sums.nbytes)}
        </span>
      )}
      {sums.aliases > 0 && (
        <span class="muted" title="Tensors that repeat another one add nothing to the sums">
          {' · '}
          {formatQuantity(sums.aliases, 'alias', 'aliases')} counted once
        </span>
      )}
    </p>
  );
}

function Facet(props: { facet: [string, TensorSums][]; field: 'role' | 'dtype'; label: string }) {
  const { field } = props;
  const chosen = readSet(route.value[field]);
  return (
    <Chips label={props.label}>
      {props.facet.map(([value, sums]) => (
        <Chip
          key={value}
          pressed={chosen.has(value)}
          title={`${formatQuantity(sums.tensors, 'tensor')}, ${formatQuantity(sums.parameters, 'parameter')}, ${formatQuantity(sums.nbytes, 'byte')}`}
          onToggle={() => go({ [field]: toggleIn(route.value[field], value) })}
        >
          {value}
          <span>
            {formatCount(sums.tensors)}
            {sums.nbytes > 0 && ` · ${formatBytes(sums.nbytes)}`}
          </span>
        </Chip>
      ))}
    </Chips>
  );
}

/** Kinds of findings that occur, with how many tensors they leave; they come as numbers come. */
function Findings(props: { table: TensorTable; feed: StatsFeed; query: TensorQuery }) {
  const { table, feed, query } = props;
  const order = feed.order.value;
  const { role, dtype, q, finding } = route.value;
  const counts = useMemo(() => {
    const { also: _, ...others } = query;
    return feed.stats.countFindings(table.filter(others));
  }, [table, feed, order, role, dtype, q]);
  const chosen = readSet(finding);
  const there = new Set(counts.map(({ kind }) => kind));
  const others = [...chosen].filter((kind) => !there.has(kind));
  const kinds = [...counts, ...others.map((kind) => ({ kind, severity: 'note', count: 0 }))];
  if (!kinds.length) {
    const job = feed.job.value;
    if (!job?.done) return null;
    return <span class="muted">No findings{job.unknown_nbytes > 0 && ' so far'}</span>;
  }
  return (
    <Chips label="Findings">
      {kinds.sort(compareMarks).map(({ kind, severity, count }) => (
        <Chip
          key={kind}
          pressed={chosen.has(kind)}
          onToggle={() => go({ finding: toggleIn(finding, kind) })}
        >
          <i class={`dot ${toneOf(severity)}`} />
          {describeKind(kind)}
          <span>{formatCount(count)}</span>
        </Chip>
      ))}
    </Chips>
  );
}
