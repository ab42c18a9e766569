import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { SpectrumPayload } from '../../api/types';
import { formatCount, formatQuantity } from '../../model/format';
import { formatMeasure, indexAt, layOutSpectrum } from '../../model/spectrum';
import type { TensorTable } from '../../model/tensors';
import { route, useAnswer } from '../../state';
import { Icon } from '../../ui/Icon';
import { adoptStyles } from '../../ui/styles';
import { Problem } from '../parts';
import css from './spectrum.css?inline';

adoptStyles(css);

const WIDTH = 400;
const HEIGHT = 150;
const BOX = { left: 56, top: 10, width: 336, height: 112 };
/** Nothing that has singular values. */
const NO_NUMBERS = /^(string|resource|variant|invalid|DT_.*|.*_ref)$/;

/** Singular values of a matrix, computed when somebody asks; nothing for other tensors. */
export function Spectrum({ table, row }: { table: TensorTable; row: number }) {
  const isOpen = useSignal(false);
  const shape = table.columns.shape[row] ?? [];
  const isNumeric = !NO_NUMBERS.test(table.columns.dtype[row] ?? '');
  if (shape.length < 2 || !isNumeric || !table.holdsValues) return null;
  return (
    <section class="spectrum">
      <button
        type="button"
        class="plain"
        aria-expanded={isOpen.value}
        title="Of the matrix whose columns are the last axis"
        onClick={() => {
          isOpen.value = !isOpen.value;
        }}
      >
        <Icon name={isOpen.value ? 'down' : 'right'} />
        Singular values
      </button>
      {isOpen.value && <Fetched tensor={table.columns.key[row] ?? ''} />}
    </section>
  );
}

function Fetched({ tensor }: { tensor: string }) {
  const { id } = route.value;
  const { value, error, retry } = useAnswer(`spectrum ${id} ${tensor}`, (client, signal) =>
    client.spectrum(id, tensor, signal),
  );
  if (error?.type === 'BadRequest') return <p class="spectrum-note muted">{error.message}</p>;
  if (error) return <Problem error={error} what="No singular values" onRetry={retry} />;
  if (!value) {
    return (
      <p class="spectrum-note muted" role="status">
        Computing… A large matrix takes up to half a minute.
      </p>
    );
  }
  return <Measured spectrum={value} />;
}

function Measured({ spectrum }: { spectrum: SpectrumPayload }) {
  const values = spectrum.singular_values;
  const of = (rank: number | null) =>
    rank === null ? 'none' : `${formatMeasure(rank)} of ${formatCount(values.length)}`;
  return (
    <>
      <dl class="measures">
        <Measure name="Matrix" title="All axes but the last, by the last">
          {formatCount(spectrum.rows)} × {formatCount(spectrum.columns)}
        </Measure>
        <Measure name="Spectral norm" title="The largest singular value">
          {formatMeasure(values[0] ?? 0)}
        </Measure>
        <Measure name="Frobenius norm" title="Root of the sum of the squares of all values">
          {formatMeasure(spectrum.frobenius_norm)}
        </Measure>
        <Measure
          name="Condition"
          title="Largest by smallest singular value; infinite where that is 0"
        >
          {spectrum.condition === null ? 'infinite' : formatMeasure(spectrum.condition)}
        </Measure>
        <Measure name="Stable rank" title="Squared Frobenius norm by squared spectral norm">
          {of(spectrum.stable_rank)}
        </Measure>
        <Measure
          name="Effective rank"
          title="Exponential of the entropy of the singular values (Roy and Vetterli 2007)"
        >
          {of(spectrum.effective_rank)}
        </Measure>
      </dl>
      {(values[0] ?? 0) > 0 && <Plot values={values} />}
      <ValueList values={values} />
    </>
  );
}

function Measure(props: { name: string; title: string; children: ComponentChildren }) {
  return (
    <div title={props.title}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** The value under the pointer is told below; the list tells all to those who see no plot. */
function Plot({ values }: { values: readonly number[] }) {
  const hovered = useSignal(-1);
  const { points, ticks, zeros } = layOutSpectrum(values, BOX);
  const bottom = BOX.top + BOX.height;
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const at = points[hovered.value];
  const summary = `from ${formatMeasure(values[0] ?? 0)} down to ${formatMeasure(values.at(-1) ?? 0)}`;
  const move = (event: PointerEvent & { currentTarget: SVGSVGElement }) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    hovered.value = indexAt(((event.clientX - left) / width) * WIDTH, values.length, BOX);
  };
  const leave = () => {
    hovered.value = -1;
  };
  return (
    <figure class="spectrum-plot">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Singular values in order on a logarithmic scale, ${summary}`}
        onPointerMove={move}
        onPointerLeave={leave}
      >
        {ticks.map((tick) => (
          <g key={tick.text}>
            <line class="grid" x1={BOX.left} x2={BOX.left + BOX.width} y1={tick.at} y2={tick.at} />
            <text x={BOX.left - 8} y={tick.at + 4} text-anchor="end">
              {tick.text}
            </text>
          </g>
        ))}
        <line
          class="axis"
          x1={BOX.left}
          x2={BOX.left + BOX.width}
          y1={bottom + 6}
          y2={bottom + 6}
        />
        <text x={BOX.left} y={HEIGHT - 6}>
          1
        </text>
        {values.length > 1 && (
          <text x={BOX.left + BOX.width} y={HEIGHT - 6} text-anchor="end">
            {formatCount(values.length)}
          </text>
        )}
        <polyline class="curve" points={line} />
        {points.length <= 48 &&
          points.map(([x, y]) => <circle class="dot" key={x} cx={x} cy={y} r="2.5" />)}
        {at && (
          <>
            <line class="hover" x1={at[0]} x2={at[0]} y1={BOX.top} y2={bottom + 6} />
            <circle class="hover-dot" cx={at[0]} cy={at[1]} r="4" />
          </>
        )}
      </svg>
      <figcaption class="muted">{caption(values, hovered.value, zeros)}</figcaption>
    </figure>
  );
}

function caption(values: readonly number[], hovered: number, zeros: number): string {
  const value = values[hovered];
  if (value === undefined) {
    const left = zeros ? `; ${formatQuantity(zeros, 'value')} of 0 not drawn` : '';
    return `${formatQuantity(values.length, 'singular value')}, logarithmic${left}`;
  }
  const share = formatMeasure((100 * value) / (values[0] ?? 1));
  return `No. ${formatCount(hovered + 1)}: ${formatMeasure(value)}, ${share} % of the largest`;
}

/** The same as text. */
function ValueList({ values }: { values: readonly number[] }) {
  return (
    <details class="spectrum-list">
      <summary>All values</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
      <div class="value-box" tabIndex={0} role="region" aria-label="All singular values">
        <table class="value-table">
          <thead>
            <tr>
              <th scope="col">No.</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {values.map((value, index) => (
              <tr key={index}>
                <th scope="row">{formatCount(index + 1)}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
