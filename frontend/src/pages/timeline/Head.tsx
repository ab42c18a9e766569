import { formatBytes, formatExactBytes, formatQuantity, visibleName } from '../../model/format';
import { Icon } from '../../ui/Icon';
import { Swatch } from '../../ui/Swatch';
import { Export } from './Export';
import { RunsMenu } from './RunsMenu';
import type { ShownScalar } from './scalars';
import { type Drawn, type Settings, type Shown, takeOut } from './view';

export interface HeadProps {
  shown: readonly Shown[];
  drawn: readonly Drawn[];
  settings: Settings;
  scalar: ShownScalar | null;
}

/** Which series are shown, how many checkpoints and how big, and what can be done with all of it. */
export function Head(props: HeadProps) {
  const { shown } = props;
  const rows = shown.flatMap((series) => series.rows);
  const nbytes = rows.reduce((sum, row) => sum + row.nbytes, 0);
  const steps = rows.flatMap((row) => row.step ?? []);
  const [first, last] = [Math.min(...steps), Math.max(...steps)].map((step) =>
    step.toLocaleString('en-US'),
  );
  return (
    <div class="timeline-head">
      <h2 class="headline">
        {formatQuantity(rows.length, 'checkpoint')}
        {shown.length > 1 && ` of ${shown.length} series`}
      </h2>
      <p class="muted">
        {steps.length > 0 && (first === last ? `step ${first} · ` : `steps ${first} to ${last} · `)}
        <span title={formatExactBytes(nbytes)}>{formatBytes(nbytes)}</span>
      </p>
      {shown.length > 1 && <Legend shown={shown} />}
      <span class="spring" />
      <RunsMenu shown={shown} />
      <Export {...props} />
    </div>
  );
}

/** The series laid over each other, each with the colour it has and a way to take it out. */
function Legend({ shown }: { shown: readonly Shown[] }) {
  return (
    <ul class="timeline-legend" aria-label="Series shown">
      {shown.map((series, index) => (
        <li key={series.source.series}>
          <Swatch look={{ slot: index, dash: 0 }} />
          <span class="legend-name" title={visibleName(series.name)}>
            {visibleName(series.name)}
          </span>
          <button
            type="button"
            class="plain small square"
            aria-label={`Take out ${visibleName(series.name)}`}
            title="Take out"
            onClick={() => takeOut(shown, series)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}
