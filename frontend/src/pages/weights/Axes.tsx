import { formatCount } from '../../model/format';
import { layoutOf, pageRange, type Range, swapAxis } from '../../model/slices';
import { Icon } from '../../ui/Icon';

/** Paging along the axes of the table, steps along the others, and which axes those are. */
export function Axes(props: {
  region: readonly Range[];
  shape: readonly number[];
  onChange: (region: Range[]) => void;
}) {
  const { region, shape, onChange } = props;
  const { rows, columns } = layoutOf(region);
  const move = (axis: number, by: number) => {
    const next = pageRange(region[axis] as Range, shape[axis] ?? 0, by);
    if (next) onChange(region.map((range, index) => (index === axis ? next : range)));
  };
  const swap = (from: number, to: number) => onChange(swapAxis(region, shape, from, to));
  return (
    <div class="axes">
      {region.map((range, axis) => {
        const shown = axis === rows || axis === columns;
        const label = axis === rows ? 'Rows' : axis === columns ? 'Columns' : `Axis ${axis}`;
        return (
          <div class="axis" key={axis}>
            {shown && shape.length > 2 ? (
              <AxisPicker
                label={label}
                axis={axis}
                other={axis === rows ? columns : rows}
                shape={shape}
                onPick={(to) => swap(axis, to)}
              />
            ) : (
              <span class="muted">{label}</span>
            )}
            <Pager
              range={range}
              size={shape[axis] ?? 0}
              label={label}
              onMove={(by) => move(axis, by)}
            />
          </div>
        );
      })}
    </div>
  );
}

/** Which axis is shown as `label`; `other` cannot be chosen. */
export function AxisPicker(props: {
  label: string;
  axis: number;
  other?: number;
  shape: readonly number[];
  onPick: (axis: number) => void;
}) {
  return (
    <label class="axis-picker">
      <span class="muted">{props.label}</span>
      <select
        class="field"
        value={String(props.axis)}
        onChange={(event) => props.onPick(Number(event.currentTarget.value))}
      >
        {props.shape.map((size, axis) => (
          <option key={axis} value={String(axis)} disabled={axis === props.other}>
            axis {axis} ({formatCount(size)})
          </option>
        ))}
      </select>
    </label>
  );
}

/** Steps through an axis by what is shown of it. */
export function Pager(props: {
  range: Range;
  size: number;
  label: string;
  /** Whether the size is told elsewhere. */
  short?: boolean;
  onMove: (by: number) => void;
}) {
  const { range, size } = props;
  const last = Math.max(range.start, range.stop - 1);
  const words =
    range.single || last === range.start
      ? formatCount(range.start)
      : `${formatCount(range.start)}–${formatCount(last)}`;
  const whole = range.start === 0 && range.stop >= size;
  return (
    <span class="pager">
      {!whole && (
        <button
          type="button"
          class="plain small square"
          aria-label={`${props.label}: back`}
          disabled={!pageRange(range, size, -1)}
          onClick={() => props.onMove(-1)}
        >
          <Icon name="left" />
        </button>
      )}
      <span>
        {words} {!props.short && <span class="muted">of {formatCount(size)}</span>}
      </span>
      {!whole && (
        <button
          type="button"
          class="plain small square"
          aria-label={`${props.label}: on`}
          disabled={!pageRange(range, size, 1)}
          onClick={() => props.onMove(1)}
        >
          <Icon name="right" />
        </button>
      )}
    </span>
  );
}
