import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { sparkPath } from '../src/ui/Sparkline';

// The style sheet has nowhere to go here.
vi.mock('../src/ui/styles', () => ({ adoptStyles: () => {} }));
const { niceTicks, writeSvg } = await import('../src/ui/chartSvg');
const { COLOURS, dashOf, shapePath } = await import('../src/ui/palette');

function paletteOf(theme: 'light' | 'dark'): string[] {
  const css = readFileSync(new URL('../src/ui/palette.css', import.meta.url), 'utf8');
  const part = css.split(':root')[theme === 'light' ? 1 : 2] ?? '';
  return [...part.matchAll(/--series-\d: (#[0-9a-f]{6})/g)].map((match) => match[1] ?? '');
}

type Triple = [number, number, number];

function linear(hex: string): Triple {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function times(matrix: readonly Triple[], [x, y, z]: Triple): Triple {
  return matrix.map(([a, b, c]) => a * x + b * y + c * z) as Triple;
}

/** Machado, Oliveira, Fernandes 2009, full severity, in linear RGB. */
const SIGHTS: Record<string, readonly Triple[]> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Ottosson's OKLab: in it a distance of 0.02 is just seen. */
function oklab(rgb: Triple): Triple {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  ).map((value) => Math.cbrt(Math.max(0, value))) as Triple;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

function contrast(one: string, other: string): number {
  const [a, b] = [one, other].map((hex) => {
    const [red, green, blue] = linear(hex);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  });
  return Math.max((a ?? 0) / (b ?? 1), (b ?? 0) / (a ?? 1));
}

test.each([
  ['light', '#ffffff'],
  ['dark', '#303030'],
] as const)('the colours of the %s theme stay apart, and from the page', (theme, page) => {
  const colours = paletteOf(theme);
  expect(colours).toHaveLength(COLOURS);
  for (const colour of colours) expect(contrast(colour, page)).toBeGreaterThan(3);
  for (const matrix of Object.values(SIGHTS)) {
    const seen = colours.map((colour) => oklab(times(matrix, linear(colour))));
    for (const [index, one] of seen.entries()) {
      for (const other of seen.slice(index + 1)) {
        expect(Math.hypot(...one.map((value, axis) => value - (other[axis] ?? 0)))).toBeGreaterThan(
          0.08,
        );
      }
    }
  }
});

test('colours that repeat have other dashes, and each its own shape', () => {
  const looks = Array.from({ length: COLOURS }, (_, slot) => ({ slot, dash: slot }));
  expect(new Set(looks.map((look) => shapePath(look, 0, 0, 1))).size).toBe(COLOURS);
  expect(new Set(looks.map((look) => dashOf(look).join())).size).toBe(COLOURS);
});

test('a sparkline keeps a spike and breaks at a gap', () => {
  const flat = Array.from({ length: 1000 }, (_, at) => (at === 501 ? 9 : 0));
  expect(sparkPath(flat, 72, 18)).toContain(' 1.0');
  const broken = sparkPath([1, 2, null, 2, 1], 72, 18);
  expect(broken.match(/M/g)).toHaveLength(2);
  expect(sparkPath([], 72, 18)).toBe('');
  expect(sparkPath([null, 5, null], 72, 18)).toMatch(/h3$/);
});

test('ticks are round, inside, and about as many as asked for', () => {
  expect(niceTicks(0, 1, 5)).toEqual({ ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], step: 0.2 });
  expect(niceTicks(-7, 12, 4).ticks).toEqual([-5, 0, 5, 10]);
  expect(niceTicks(3, 3, 4).ticks.length).toBeGreaterThan(0);
});

test('a drawing is whole: gaps break lines, names stay text, zeros have no place on a log', () => {
  const look = { slot: 0, dash: 1 };
  const panel = (isLog: boolean) => ({
    title: 'Change </text><script>',
    height: 100,
    isLog,
    formatY: String,
    lines: [{ look, label: `${'long/'.repeat(60)}"end"`, xs: [0, 1, 2, 3], ys: [1, null, 0, 10] }],
  });
  const svg = writeSvg({
    width: 600,
    range: [0, 3],
    xTitle: 'Step',
    formatX: String,
    panels: [panel(false), panel(true)],
    colours: { page: '#fff', text: '#000', muted: '#666', line: '#ddd' },
    colourOf: () => '#0072b2',
    font: '"Roboto", sans-serif',
  });
  expect(svg).not.toContain('<script');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg).toContain('&quot;end&quot;');
  const [linear, log] = [...svg.matchAll(/<path d="(M[^"]*)" fill="none"/g)].map((m) => m[1]);
  expect(linear?.match(/[ML]/g)?.join('')).toBe('MML');
  expect(log?.match(/[ML]/g)?.join('')).toBe('MM');
});
