import type { ArtifactRow } from '../api/types';
import { neighboursOf } from '../model/artifacts';
import { formatCount } from '../model/format';
import type { Route } from '../routes';
import { artifact, artifacts, route } from '../state';
import { Icon } from '../ui/Icon';
import { ViewLink } from './parts';

/**
 * Where a checkpoint stands in its series, with the ways to the ones before and after.
 *
 * The same page, tensor and slice are shown there: so one can watch a weight change.
 */
export function Neighbours() {
  const row = artifact.value;
  if (!row) return null;
  const { previous, next, position, count } = neighboursOf(
    artifacts.value.value?.artifacts ?? [],
    row,
  );
  if (count < 2) return null;
  return (
    <nav class="neighbours" aria-label="Series">
      <Neighbour row={previous} label="Previous step" icon="left" />
      <span class="muted" title="Its place among the checkpoints of its series">
        {formatCount(position)} of {formatCount(count)}
      </span>
      <Neighbour row={next} label="Next step" icon="right" />
    </nav>
  );
}

function Neighbour(props: { row: ArtifactRow | undefined; label: string; icon: 'left' | 'right' }) {
  const { row } = props;
  if (!row) {
    return (
      <button type="button" class="plain small square" disabled aria-label={props.label}>
        <Icon name={props.icon} />
      </button>
    );
  }
  const step = row.step === null ? row.path : formatCount(row.step);
  const to: Route = { ...route.value, id: row.id, at: '' };
  return (
    <ViewLink to={to} class="plain small square" title={`${props.label}: ${step}`}>
      <Icon name={props.icon} />
      <span class="hidden">
        {props.label}: {step}
      </span>
    </ViewLink>
  );
}
