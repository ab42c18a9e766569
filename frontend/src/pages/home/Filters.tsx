import type { ArtifactRow } from '../../api/types';
import { countFacet, type HomeFacet, type HomeQuery } from '../../model/artifacts';
import { formatCount, formatKind } from '../../model/format';
import { toggleIn } from '../../routes';
import { go, route } from '../../state';
import { Chip, Chips } from '../../ui/Chips';
import { Search } from '../../ui/Search';

/** Search, kinds, states, findings; where all have the same there is nothing to choose. */
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
      <Facet
        {...props}
        field="finding"
        label="Findings"
        describe={(severity) => `${severity} risk`}
      />
    </div>
  );
}

function Facet(props: {
  artifacts: readonly ArtifactRow[];
  query: HomeQuery;
  field: HomeFacet;
  label: string;
  describe: (value: string) => string;
}) {
  const { field } = props;
  const counts = countFacet(props.artifacts, props.query, field);
  const chosen = props.query[`${field}s`];
  const fewest = field === 'finding' ? 1 : 2;
  if (counts.size < fewest && !chosen.size) return null;
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
