import { findBest } from '../../model/checkpoints';
import { visibleName } from '../../model/format';
import { artifacts, go, route } from '../../state';
import { Segments } from '../../ui/Chips';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import { adoptStyles } from '../../ui/styles';
import { ViewLink } from '../parts';
import { ChangeMap } from './ChangeMap';
import { Checkpoints } from './Checkpoints';
import css from './lower.css?inline';
import type { ShownScalar } from './scalars';
import { findSelected, nameOfRow, type Settings, type Shown, select } from './view';

adoptStyles(css);

const VIEWS = [
  ['', 'Checkpoints'],
  ['map', 'What changed'],
] as const;

export interface LowerProps {
  shown: readonly Shown[];
  settings: Settings;
  scalar: ShownScalar | null;
}

/** Below the chart: the table of checkpoints or the map of changes, and what to do with one. */
export function Lower(props: LowerProps) {
  const view = route.value.view === 'map' ? 'map' : '';
  return (
    <div class="lower">
      <div class="lower-head">
        <Segments
          label="Below the chart"
          options={VIEWS}
          value={view}
          onChange={(next) => go({ view: next })}
        />
        <Best {...props} />
        <span class="spring" />
        <Selected shown={props.shown} />
      </div>
      {view === 'map' ? <ChangeMap {...props} /> : <Checkpoints {...props} />}
    </div>
  );
}

/** Selects the checkpoint with the best scalar. */
function Best({ shown, scalar }: LowerProps) {
  if (!scalar) return null;
  const rows = shown.flatMap((series) => series.rows);
  const best = findBest(rows, scalar.isHigherBetter);
  if (!best) return null;
  const word = scalar.isHigherBetter ? 'Highest' : 'Lowest';
  const name = visibleName(scalar.name);
  return (
    <button
      type="button"
      class="plain outlined best"
      title={`Select ${nameOfRow(best)}`}
      onClick={() => select(best)}
    >
      <Icon name={scalar.isHigherBetter ? 'up' : 'down'} />
      {word} <span class="best-name">{name}</span>
    </button>
  );
}

/** The selected checkpoint and what one may do with it. */
function Selected({ shown }: { shown: readonly Shown[] }) {
  const row = findSelected(shown);
  if (!row) return null;
  const { id } = row;
  return (
    <div class="selected-actions" role="group" aria-label="Selected checkpoint">
      <strong title={visibleName(row.path)}>
        {visibleName(row.path.slice(row.path.lastIndexOf('/') + 1))}
      </strong>
      <CopyButton
        text={fullPath(row.path)}
        label="Copy the path of this checkpoint"
        word="Copy path"
      />
      {id !== null && (
        <>
          <ViewLink to={{ page: 'model', id }} class="plain">
            Model
          </ViewLink>
          <ViewLink to={{ page: 'weights', id }} class="plain">
            Weights
          </ViewLink>
          <ViewLink to={{ page: 'compare', id }} class="plain" title="With the one before, or any">
            Compare
          </ViewLink>
          <ViewLink to={{ page: 'restore', id }} class="plain">
            Restore check
          </ViewLink>
        </>
      )}
    </div>
  );
}

/** As code needs it: from the root of the file system where there is one logdir only. */
function fullPath(path: string): string {
  const roots = artifacts.value.value?.roots ?? [];
  return roots.length === 1 && roots[0] ? `${roots[0].path}/${path}` : path;
}
