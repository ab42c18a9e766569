import css from './palette.css?inline';
import { adoptStyles } from './styles';

adoptStyles(css);

/** How a line is told from others: by colour and shape of its points, and by its dashes. */
export interface Look {
  /** Of the colour and the shape that goes with it. */
  slot: number;
  /** Of the dashes. */
  dash: number;
}

export const COLOURS = 8;
const DASHES: readonly (readonly number[])[] = [
  [],
  [7, 3],
  [2, 3],
  [10, 3, 2, 3],
  [14, 4],
  [4, 2, 1, 2, 1, 2],
  [1, 5],
  [7, 2, 7, 6],
];

/** Dashes in CSS pixels; none is a solid line. */
export function dashOf(look: Look): readonly number[] {
  return DASHES[look.dash % DASHES.length] ?? [];
}

/** Name of the colour's token. */
export function tokenOf(look: Look): string {
  return `--series-${(look.slot % COLOURS) + 1}`;
}

/** The value of a token in the theme that is shown. */
export function readToken(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Corners of each shape in a square of -1 to 1; none is a circle. */
const SHAPES: readonly (readonly (readonly [number, number])[])[] = [
  [],
  square(),
  triangle(-1),
  diamond(),
  triangle(1),
  plus(0),
  plus(Math.PI / 4),
  star(),
];

function square(): [number, number][] {
  return [
    [-0.85, -0.85],
    [0.85, -0.85],
    [0.85, 0.85],
    [-0.85, 0.85],
  ];
}

function triangle(up: number): [number, number][] {
  return [
    [0, up * 1.1],
    [1.05, -up * 0.8],
    [-1.05, -up * 0.8],
  ];
}

function diamond(): [number, number][] {
  return [
    [0, -1.2],
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
  ];
}

function plus(turn: number): [number, number][] {
  const arm = 0.38;
  const corners: [number, number][] = [];
  for (let quarter = 0; quarter < 4; quarter++) {
    const angle = turn + (quarter * Math.PI) / 2;
    for (const [x, y] of [
      [arm, -arm],
      [1.2, -arm],
      [1.2, arm],
    ] as const) {
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      corners.push([x * cos - y * sin, x * sin + y * cos]);
    }
  }
  return corners;
}

function star(): [number, number][] {
  return Array.from({ length: 10 }, (_, corner) => {
    const radius = corner % 2 ? 0.55 : 1.3;
    const angle = (corner * Math.PI) / 5 - Math.PI / 2;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

/** SVG path data of a look's shape around a point. */
export function shapePath(look: Look, x: number, y: number, radius: number): string {
  const corners = SHAPES[look.slot % SHAPES.length] ?? [];
  if (!corners.length) {
    return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${radius * 2} 0a${radius} ${radius} 0 1 0 ${-radius * 2} 0Z`;
  }
  const points = corners.map(([dx, dy]) => `${round(x + dx * radius)} ${round(y + dy * radius)}`);
  return `M${points.join('L')}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
