import { formatNumber } from '../../model/numbers';
import { highestBar, makeBars } from '../../ui/bars';
import { type Drawing, INLINE_HEIGHT, INLINE_WIDTH } from './feed';

/** A histogram beside its row: bars over the whole range, and a line where zero is. */
export function InlineHistogram({ drawing }: { drawing: Drawing | undefined }) {
  if (!drawing?.path) return null;
  const { path, zero } = drawing;
  return (
    <svg
      viewBox={`0 0 ${INLINE_WIDTH} ${INLINE_HEIGHT}`}
      width={INLINE_WIDTH}
      height={INLINE_HEIGHT}
      role="img"
      aria-label={describe(drawing)}
    >
      {zero !== null && <path class="zero-line" d={`M${zero} 0V${INLINE_HEIGHT}`} />}
      <path d={path} />
    </svg>
  );
}

function describe({ bins }: Drawing): string {
  const { bars } = makeBars(bins);
  const most = bars[highestBar(bars)];
  const range = `${formatNumber(bins.edges[0] ?? 0)} to ${formatNumber(bins.edges.at(-1) ?? 0)}`;
  if (!most || bars.length < 2) return `All values ${formatNumber(bins.edges[0] ?? 0)}`;
  return `Histogram from ${range}, most from ${formatNumber(most.low)} to ${formatNumber(most.high)}`;
}
