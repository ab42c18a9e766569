import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Side } from '../../api/client';
import type { RunTopPayload, RunValuePayload, ValuesPayload } from '../../api/types';
import {
  formatBytes,
  formatCount,
  formatQuantity,
  formatShape,
  visibleName,
} from '../../model/format';
import { writeRoles } from '../../model/frames';
import { innerRoles } from '../../model/inner';
import { formatNumber } from '../../model/numbers';
import { type OutputView, outputViews } from '../../model/outputs';
import { formatExact, openingRegion, parseSlice, type Range } from '../../model/slices';
import { api, useAnswer } from '../../state';
import { Segments } from '../../ui/Chips';
import { CopyButton } from '../../ui/CopyButton';
import { Histogram } from '../../ui/Histogram';
import { Icon } from '../../ui/Icon';
import { Problem } from '../parts';
import { Axes } from '../weights/Axes';
import { LookContext, useOwnLook } from '../weights/look';
import { Picture } from '../weights/Picture';
import { ValueTable } from '../weights/ValueTable';
import { Images } from './Images';

export interface OutputProps {
  call: string;
  value: RunValuePayload;
}

const WORDS: Record<OutputView, string> = {
  classes: 'Classes',
  images: 'Image',
  values: 'Values',
  picture: 'Heat map',
  histogram: 'Histogram',
};

/** An output, in the ways that fit what it is. */
export function Output(props: OutputProps) {
  const { call, value } = props;
  const views = outputViews(value);
  const view = useSignal<OutputView | undefined>(views[0]);
  const name = visibleName(value.key);
  return (
    <article class="run-output" aria-label={name}>
      <div class="run-input-head">
        <strong title={name}>{name}</strong>
        <span class="muted run-spec">
          {value.dtype} {formatShape(value.shape)}
          {value.nbytes > 1000 && `, ${formatBytes(value.nbytes)}`}
        </span>
        <span class="spring" />
        {views.length > 1 && view.value && (
          <Segments
            label={`How ${name} is shown`}
            options={views.map((one) => [one, WORDS[one]] as const)}
            value={view.value}
            onChange={(one) => {
              view.value = one;
            }}
          />
        )}
        {value.text && (
          <CopyButton
            text={() => (value.text ?? []).join('\n')}
            label="Copy the values"
            class="small"
          />
        )}
        {value.has_values && value.dtype !== 'string' && (
          <a
            class="plain small square"
            title="Download as .npy"
            aria-label={`Download ${name} as .npy`}
            href={api().npyAddress({ call, side: 'output', key: value.key })}
            download
          >
            <Icon name="download" />
          </a>
        )}
      </div>
      {!value.has_values && (
        <p class="muted">A {value.dtype} has no values outside of TensorFlow.</p>
      )}
      {view.value === 'classes' && <Classes {...props} />}
      {view.value === 'images' && <Images {...props} />}
      {view.value === 'values' && <Values {...props} />}
      {view.value === 'picture' && <HeatMap {...props} />}
      {view.value === 'histogram' && <Statistics {...props} />}
    </article>
  );
}

function HeatMap({ call, value }: OutputProps) {
  const { key, dtype, shape, nbytes } = value;
  const look = useOwnLook({ axes: writeRoles(innerRoles({ op: '', node: '', shape })) });
  const at = { call, side: 'output', key } as const;
  return (
    <LookContext.Provider value={look}>
      <Picture held={{ at, name: key, dtype, shape, nbytes }} />
    </LookContext.Provider>
  );
}

/** Its values, a part at a time. */
export function Values(props: OutputProps & { side?: Side; of?: string }) {
  const { call, value, side = 'output', of = '' } = props;
  const opening = useMemo(() => openingRegion(value.shape), [value]);
  const region = useSignal<readonly Range[]>(opening);
  const slice = formatExact(region.value);
  const isWhole = value.text !== null && slice === formatExact(wholeOf(value.shape));
  const {
    value: came,
    error,
    retry,
  } = useAnswer(`${call} ${side} ${value.key} ${isWhole ? '' : slice}`, (client, signal) =>
    isWhole
      ? Promise.resolve(inline(value))
      : client.values({ call, side, key: value.key }, slice, signal),
  );
  if (error) return <Problem error={error} what="The values do not come" onRetry={retry} />;
  return (
    <>
      {!isWhole && value.shape.length > 0 && (
        <Axes
          region={region.value}
          shape={value.shape}
          onChange={(next) => {
            region.value = next;
          }}
        />
      )}
      <ValueTable
        payload={came}
        region={region.value}
        label={`Values of ${visibleName(value.key)}${of}`}
      />
    </>
  );
}

function wholeOf(shape: readonly number[]): Range[] {
  return parseSlice('', shape) as Range[];
}

/** What came with the answer, as the route for larger ones gives it. */
function inline({ key, dtype, shape, text }: RunValuePayload): ValuesPayload {
  return { key, name: key, dtype, shape, region: [], result_shape: shape, text: text ?? [] };
}

function Statistics({ call, value }: OutputProps) {
  const {
    value: came,
    error,
    retry,
  } = useAnswer(`${call} ${value.key} stats`, (client, signal) =>
    client.runStats({ call, side: 'output', key: value.key }, signal),
  );
  if (error) return <Problem error={error} what="No statistics come" onRetry={retry} />;
  const stats = came?.stats;
  if (!stats) return <p class="muted">Counting…</p>;
  const facts: [string, string][] = [
    ['Min', stats.text.min ?? '–'],
    ['Max', stats.text.max ?? '–'],
    ['Mean', stats.mean === null ? '–' : formatNumber(stats.mean)],
    ['Std', stats.std === null ? '–' : formatNumber(stats.std)],
    ['Zeros', formatCount(stats.zeros)],
    ['NaN', formatCount(stats.nan)],
    ['Infinite', formatCount(stats.posinf + stats.neginf)],
  ];
  return (
    <>
      <dl class="run-facts">
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt class="muted">{name}</dt>
            <dd class="number">{text}</dd>
          </div>
        ))}
      </dl>
      {stats.histogram.counts.length > 1 && (
        <Histogram
          bins={stats.histogram}
          quantiles={Object.entries(stats.quantiles).map(
            ([share, at]) => [Number(share), at] as const,
          )}
          name={visibleName(value.key)}
          formatNumber={formatNumber}
          formatCount={formatCount}
        />
      )}
    </>
  );
}

/** The likeliest classes of each row, with names where the model brings some. */
function Classes({ call, value }: OutputProps) {
  const asset = useSignal('');
  const {
    value: came,
    error,
    retry,
  } = useAnswer(`${call} ${value.key} top ${asset.value}`, (client, signal) =>
    client.runTop(call, value.key, asset.value, signal),
  );
  if (error) return <Problem error={error} what="No classes come" onRetry={retry} />;
  if (!came) return <p class="muted">Sorting…</p>;
  return (
    <>
      {came.top.map((classes, row) => (
        <Row key={row} top={came} classes={classes} row={row} />
      ))}
      <div class="run-numbers">
        <span class="muted">
          {formatQuantity(came.classes, 'class', 'classes')}
          {came.rows > came.top.length &&
            `, the first ${came.top.length} of ${formatCount(came.rows)} rows`}
        </span>
        {came.assets.length > 0 && (
          <label class="run-number">
            <span class="muted">named by</span>
            <select
              class="field"
              value={came.asset}
              onChange={(event) => {
                asset.value = event.currentTarget.value;
              }}
            >
              {came.assets.map((name) => (
                <option key={name} value={name}>
                  {visibleName(name)}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </>
  );
}

function Row({
  top,
  classes,
  row,
}: {
  top: RunTopPayload;
  classes: RunTopPayload['top'][number];
  row: number;
}) {
  const finite = classes.flatMap(({ value }) => (value === null ? [] : [Math.abs(value)]));
  const largest = Math.max(0, ...finite);
  return (
    <table class="run-top">
      {top.rows > 1 && <caption class="muted">Row {row}</caption>}
      <thead class="hidden">
        <tr>
          <th scope="col">Class</th>
          <th scope="col">Value</th>
          <th scope="col">Bar</th>
        </tr>
      </thead>
      <tbody>
        {classes.map(({ index, label, text, value }) => (
          <tr key={index}>
            <th scope="row" title={label === null ? undefined : visibleName(label)}>
              {label === null ? index : visibleName(label)}
              {label !== null && <span class="muted"> {index}</span>}
            </th>
            <td class="number" title={text}>
              {value === null ? text : formatNumber(value)}
            </td>
            <td class="run-bar" aria-hidden="true">
              <i
                class={value !== null && value < 0 ? 'below' : ''}
                style={{
                  width: `${largest && value !== null ? (100 * Math.abs(value)) / largest : 0}%`,
                }}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
