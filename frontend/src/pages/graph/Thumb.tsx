import { useMemo, useRef } from 'preact/hooks';
import type { RunWatchedPayload } from '../../api/types';
import { formatCount, visibleName } from '../../model/format';
import { openingFrame, writeRoles } from '../../model/frames';
import { innerName, innerRoles } from '../../model/inner';
import { decodePicture, oddCounts, summarise } from '../../model/pictures';
import { formatExact, formatSlice } from '../../model/slices';
import { useAnswer } from '../../state';
import { formatNumber, MARK, makeScale } from '../../ui/colours';
import { Painted, usePalette } from '../../ui/HeatMap';
import { arrange } from '../../ui/heat';
import { Legend } from '../../ui/Legend';
import { Problem } from '../parts';
import { sizeOf } from '../weights/asked';
import { toCells, useRoom, WHOLE } from '../weights/shown';

const HEIGHT = 150;
/** Tiles in so little room. */
const MOST_TILES = 16;

/** A small picture of an inner tensor, which leads to a large one. */
export function Thumb(props: {
  call: string;
  row: number;
  tensor: RunWatchedPayload;
  onOpen: () => void;
}) {
  const { call, row, tensor } = props;
  const shape = tensor.shape ?? [];
  const roles = innerRoles(tensor);
  const region = openingFrame(shape, roles).map((range, axis) =>
    axis === roles.down || axis === roles.across
      ? { ...range, stop: Math.min(range.stop, MOST_TILES) }
      : range,
  );
  const asked = { slice: formatExact(region), axes: writeRoles(roles), method: 'mean' };
  const { value, error, retry } = useAnswer(`${call} ${row}`, (client, signal) =>
    client.picture(
      { call, side: 'watched', key: String(row) },
      { ...asked, ...sizeOf(region, roles) },
      signal,
    ),
  );
  const cells = useMemo(() => value && toCells(decodePicture(value)), [value]);
  const palette = usePalette();
  const box = useRef<HTMLDivElement>(null);
  const room = useRoom(box);
  if (error) {
    const isGone = error.type === 'NotFound';
    return <Problem error={error} what="No picture comes" onRetry={isGone ? undefined : retry} />;
  }
  const scale = makeScale(...(value?.robust_range ?? [0, 0]));
  return (
    <div class="inner-thumb" ref={box}>
      {value && cells ? (
        <>
          <button
            type="button"
            class="plain"
            title="Show it large"
            aria-label={`Heat map of ${visibleName(innerName(tensor))}: show it large`}
            onClick={props.onOpen}
          >
            <Painted
              sheet={cells.sheet}
              arrangement={arrange(cells.sheet, { width: room.width, height: HEIGHT })}
              layers={[{ cells, place: WHOLE }]}
              scale={scale}
              palette={palette}
            />
          </button>
          <Legend
            scale={value.robust_range && scale}
            palette={palette}
            unit="value"
            marks={oddCounts(value).map(({ kind, name, count }) => ({
              mark: MARK[kind],
              name,
              count: formatCount(count),
            }))}
          />
          <p class="values-note muted">
            <code>[{formatSlice(region, shape)}]</code>{' '}
            {summarise(value, { count: formatCount, number: formatNumber })}
          </p>
        </>
      ) : (
        <div style={{ height: `${HEIGHT}px` }} />
      )}
    </div>
  );
}
