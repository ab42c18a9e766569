import { visibleName } from '../../model/format';
import { type Axis, nearestPlace } from '../../model/lines';
import { joinList } from '../../model/lists';
import { formatNumber } from '../../model/numbers';
import { nameScalar } from '../../model/scalars';
import { go } from '../../state';
import { Swatch } from '../../ui/Swatch';
import { Problem } from '../parts';
import type { ShownScalar } from './scalars';
import { scalarTrace } from './traces';
import { hovered, NONE, type Shown } from './view';

/** Which of TensorBoard's scalars is drawn, and its value under the pointer. */
export function ScalarHead(props: {
  shown: readonly Shown[];
  scalar: ShownScalar | null;
  axis: Axis;
}) {
  const { shown, scalar } = props;
  const { runs, problem, error } = shown[0]?.source.scalars.state.value ?? {};
  if (error) {
    return (
      <div class="chart-problem">
        <Problem
          error={error}
          what="TensorBoard's scalars cannot be shown"
          onRetry={shown[0]?.source.scalars.look}
        />
      </div>
    );
  }
  if (!runs) return <p class="chart-head muted">Asking TensorBoard for the run's scalars…</p>;
  if (!runs.some(({ tags }) => tags.length)) return <NoScalars problem={problem ?? null} />;
  const current = scalar ? joinList([scalar.run, scalar.tag]) : NONE;
  const of = shown[0]?.table.payload.series.run ?? null;
  const told = shown[0]?.scalars?.problem;
  const isKnown = runs.some(({ run, tags }) => run === scalar?.run && tags.includes(scalar.tag));
  return (
    <div class="chart-head">
      <span class="labelled">
        <label class="muted" for="timeline-scalar">
          Scalar
        </label>
        <select
          id="timeline-scalar"
          class="field scalar-select"
          value={current}
          onChange={(event) => go({ scalar: event.currentTarget.value })}
        >
          <option value={NONE}>none</option>
          {scalar && !isKnown && <option value={current}>{visibleName(scalar.name)}</option>}
          {runs.map(({ run, tags }) => (
            <optgroup key={run} label={visibleName(run)}>
              {tags.map((tag) => (
                <option key={tag} value={joinList([run, tag])}>
                  {visibleName(nameScalar({ run, tag }, of))}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </span>
      {told && <span class="muted chart-help">{told}</span>}
      <span class="spring" />
      {scalar && <Hovered {...props} />}
    </div>
  );
}

function NoScalars({ problem }: { problem: string | null }) {
  return (
    <p class="chart-head no-scalars muted">
      {problem ??
        'No scalars beside these checkpoints. What tf.summary.scalar or keras.callbacks.TensorBoard write into the same run is drawn here.'}
    </p>
  );
}

/** Values of the scalar at the pointer, a series each. */
function Hovered({ shown, axis }: { shown: readonly Shown[]; axis: Axis }) {
  const x = hovered.value;
  if (x === null) return null;
  return (
    <>
      {shown.map((series, index) => {
        const { xs, ys } = scalarTrace(series, axis);
        const at = nearestPlace(xs, x);
        if (at < 0) return null;
        return (
          <span key={series.name} class="scalar-value number">
            {shown.length > 1 && <Swatch look={{ slot: index, dash: 0 }} />}
            {formatNumber(ys[at] ?? Number.NaN)}
            {axis === 'step' && xs[at] !== x && (
              <span class="muted"> at step {xs[at]?.toLocaleString('en-US')}</span>
            )}
          </span>
        );
      })}
    </>
  );
}
