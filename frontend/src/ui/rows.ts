/** Where the rows of a virtual list stand, in pixels from its top. */
export interface Rows {
  readonly count: number;
  readonly height: number;
  top(row: number): number;
  /** The row at a height, clipped to the rows there are. */
  at(y: number): number;
}

export function uniformRows(count: number, rowHeight: number): Rows {
  return {
    count,
    height: count * rowHeight,
    top: (row) => row * rowHeight,
    at: (y) => clip(Math.floor(y / rowHeight), count),
  };
}

/** Rows of different heights: sums once, then a search by halves. */
export function variableRows(heights: readonly number[]): Rows {
  const tops = new Float64Array(heights.length + 1);
  for (const [row, height] of heights.entries()) tops[row + 1] = (tops[row] ?? 0) + height;
  return {
    count: heights.length,
    height: tops[heights.length] ?? 0,
    top: (row) => tops[row] ?? 0,
    at: (y) => clip(lastAtOrBelow(tops, y), heights.length),
  };
}

function lastAtOrBelow(tops: Float64Array, y: number): number {
  let [low, high] = [0, tops.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((tops[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

function clip(row: number, count: number): number {
  return Math.max(0, Math.min(row, count - 1));
}

/** Rows `[first, last)` to draw for a scroll position, with a few beyond both edges. */
export function visibleRows(rows: Rows, scrollTop: number, viewport: number, beyond = 6) {
  if (!rows.count) return { first: 0, last: 0 };
  const first = Math.max(0, rows.at(scrollTop) - beyond);
  const last = Math.min(rows.count, rows.at(scrollTop + viewport) + 1 + beyond);
  return { first, last };
}

/** The scroll position that shows a row whole, nearest to where it is now. */
export function scrollToShow(rows: Rows, row: number, scrollTop: number, viewport: number): number {
  const top = rows.top(row);
  const bottom = row + 1 < rows.count ? rows.top(row + 1) : rows.height;
  if (top < scrollTop) return top;
  return bottom > scrollTop + viewport ? bottom - viewport : scrollTop;
}
