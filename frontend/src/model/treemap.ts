/** Where a part of a picture stands, in pixels. */
export interface Area {
  x: number;
  y: number;
  wide: number;
  tall: number;
}

/**
 * Divides a rectangle by amounts, the largest first, so that parts are near to squares (Bruls,
 * Huizing and van Wijk, "Squarified Treemaps", 2000).
 *
 * @param amounts Descending and above 0.
 */
export function squarify(amounts: readonly number[], within: Area): Area[] {
  const areas: Area[] = [];
  const left = sumsFrom(amounts);
  let room = { ...within };
  for (let first = 0; first < amounts.length; ) {
    const rest = left[first] ?? 1;
    const scale = (room.wide * room.tall) / rest;
    const side = Math.min(room.wide, room.tall);
    const last = endOfRow(amounts, first, scale, side);
    const row = amounts.slice(first, last);
    const sum = row.reduce((total, amount) => total + amount, 0);
    room = layRow(row, sum, (sum / rest) * Math.max(room.wide, room.tall), room, areas);
    first = last;
  }
  return areas;
}

/** Of each amount and all after it. Added up, not taken away: that would leave errors alone. */
function sumsFrom(amounts: readonly number[]): number[] {
  let sum = 0;
  return amounts
    .map((_, i) => {
      sum += amounts[amounts.length - 1 - i] ?? 0;
      return sum;
    })
    .reverse();
}

/** Where adding to a row along the shorter side makes its parts worse. */
function endOfRow(amounts: readonly number[], first: number, scale: number, side: number) {
  let last = first;
  let sum = 0;
  let best = Number.POSITIVE_INFINITY;
  while (last < amounts.length) {
    const next = (sum + (amounts[last] ?? 0)) * scale;
    const thickness = next / side;
    const [most, least] = [amounts[first] ?? 0, amounts[last] ?? 0];
    const worst = Math.max((most * scale) / thickness ** 2, thickness ** 2 / (least * scale));
    if (worst > best) break;
    best = worst;
    sum += amounts[last] ?? 0;
    last += 1;
  }
  return Math.max(last, first + 1);
}

/** Places a row at the left or top, and returns the rest. */
function layRow(
  row: readonly number[],
  sum: number,
  thickness: number,
  room: Area,
  areas: Area[],
): Area {
  const isColumn = room.wide >= room.tall;
  const side = isColumn ? room.tall : room.wide;
  let at = isColumn ? room.y : room.x;
  for (const amount of row) {
    const length = (amount / sum) * side;
    areas.push(
      isColumn
        ? { x: room.x, y: at, wide: thickness, tall: length }
        : { x: at, y: room.y, wide: length, tall: thickness },
    );
    at += length;
  }
  return isColumn
    ? { ...room, x: room.x + thickness, wide: Math.max(0, room.wide - thickness) }
    : { ...room, y: room.y + thickness, tall: Math.max(0, room.tall - thickness) };
}
