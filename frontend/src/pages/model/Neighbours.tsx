import type { ArtifactRow } from '../../api/types';
import { neighboursOf } from '../../model/artifacts';
import { formatCount } from '../../model/format';
import { artifacts } from '../../state';
import { Icon } from '../../ui/Icon';
import { ViewLink } from '../parts';

/** Where a checkpoint stands in its series, with the ways to the ones before and after. */
export function Neighbours({ artifact }: { artifact: ArtifactRow }) {
  const all = artifacts.value.value?.artifacts ?? [];
  const { previous, next, position, count } = neighboursOf(all, artifact);
  if (count < 2) return null;
  return (
    <nav class="neighbours" aria-label="Series">
      <Neighbour row={previous} label="Previous step" icon="left" />
      <span class="muted">
        {formatCount(position)} of {formatCount(count)} in its series
      </span>
      <Neighbour row={next} label="Next step" icon="right" />
    </nav>
  );
}

function Neighbour(props: { row: ArtifactRow | undefined; label: string; icon: 'left' | 'right' }) {
  const { row } = props;
  if (!row) {
    return (
      <button type="button" class="plain small" disabled aria-label={props.label}>
        <Icon name={props.icon} />
      </button>
    );
  }
  const step = row.step === null ? '' : formatCount(row.step);
  return (
    <ViewLink to={{ page: 'model', id: row.id }} class="plain small" title={row.path}>
      {props.icon === 'left' && <Icon name="left" />}
      <span class="hidden">{props.label} </span>
      {step}
      {props.icon === 'right' && <Icon name="right" />}
    </ViewLink>
  );
}
