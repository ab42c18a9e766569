import type { ArtifactRow } from '../../api/types';
import { countFacet, type HomeQuery } from '../../model/artifacts';
import { formatCount, formatKind } from '../../model/format';
import { toggleIn } from '../../routes';
import { go, route } from '../../state';
import { Chip, Chips } from '../../ui/Chips';
import { Search } from '../../ui/Search';

/** Search, kinds and states; a filter with one value has nothing to choose and does not show. */
export function Filters(props: {
  artifacts: readonly ArtifactRow[];
  query: HomeQuery;
  problem: string | undefined;
  onDown: () => void;
}) {
  return (
    <div class="filters">
      <Search
        label="Search the paths"
        placeholder="Search paths, or /regex/"
        value={route.value.q}
        problem={props.problem}
        onInput={(q) => go({ q }, { replace: true })}
        onDown={props.onDown}
      />
      <Facet {...props} field="kind" label="Kind" describe={formatKind} />
      <Facet {...props} field="state" label="State" describe={(state) => state} />
    </div>
  );
}

function Facet(props: {
  artifacts: readonly ArtifactRow[];
  query: HomeQuery;
  field: 'kind' | 'state';
  label: string;
  describe: (value: string) => string;
}) {
  const { field } = props;
  const counts = countFacet(props.artifacts, props.query, field);
  const chosen = props.query[`${field}s`];
  if (counts.size < 2 && !chosen.size) return null;
  return (
    <Chips label={props.label}>
      {[...counts].map(([value, count]) => (
        <Chip
          key={value}
          pressed={chosen.has(value)}
          onToggle={() => go({ [field]: toggleIn(route.value[field], value) })}
        >
          {props.describe(value)} <span>{formatCount(count)}</span>
        </Chip>
      ))}
    </Chips>
  );
}
