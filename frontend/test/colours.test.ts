import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  formatNumber,
  makeScale,
  makeShades,
  makeTicks,
  type Rgb,
  readPalette,
  SHADES,
  shadeOf,
} from '../src/ui/colours';

const CSS = readFileSync(`${import.meta.dirname}/../src/ui/heat.css`, 'utf8');
const [LIGHT, DARK] = [':root {', ':root.dark {'].map((name) => {
  const block = CSS.slice(CSS.indexOf(name), CSS.indexOf('}', CSS.indexOf(name)));
  return Object.fromEntries(
    [...block.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, property, value]) => [property, value]),
  );
});

function palette(theme: 'light' | 'dark') {
  const all = { '--line': '#777', ...LIGHT, ...(theme === 'dark' ? DARK : {}) };
  return readPalette((name) => all[name] ?? '');
}

/** How readers see: as most do, and without one kind of cone (Machado et al. 2009). */
const EYES: Record<string, number[][]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function times(matrix: number[][], vector: number[]): number[] {
  return matrix.map((row) => row.reduce((sum, part, at) => sum + part * (vector[at] ?? 0), 0));
}

/** OKLab: equal distances look equally different (Björn Ottosson 2020). */
function seen(colour: Rgb, eye: string): number[] {
  const linear = colour.map((part) => ((part / 255 + 0.055) / 1.055) ** 2.4);
  const felt = times(EYES[eye] ?? [], linear).map((part) => Math.min(1, Math.max(0, part)));
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    felt,
  ).map(Math.cbrt);
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

function distance(a: Rgb, b: Rgb, eye: string): number {
  const [left, right] = [seen(a, eye), seen(b, eye)];
  return Math.hypot(...left.map((part, at) => part - (right[at] ?? 0)));
}

describe.each(['light', 'dark'] as const)('colours of the %s theme', (theme) => {
  const { diverging, sequential, nan, ink, paper } = palette(theme);

  test.each(Object.keys(EYES))('lightness tells numbers apart, %s', (eye) => {
    const lightness = (shades: Rgb[]) => shades.map((shade) => seen(shade, eye)[0] ?? 0);
    const rises = (all: number[]) => all.every((l, at) => at < 8 || l > (all[at - 8] ?? 1));
    expect(rises(lightness(sequential))).toBe(true);
    const [low, high] = [diverging.slice(0, 128).reverse(), diverging.slice(128)];
    const [below, above] = [lightness(low), lightness(high)];
    const lighter = theme === 'dark';
    expect(rises(lighter ? below : [...below].reverse())).toBe(true);
    expect(rises(lighter ? above : [...above].reverse())).toBe(true);
  });

  test.each(Object.keys(EYES))('signs differ, and NaN from every number, %s', (eye) => {
    for (const at of [40, 80, 127]) {
      expect(distance(diverging[127 - at] as Rgb, diverging[128 + at] as Rgb, eye)).toBeGreaterThan(
        at / 1000,
      );
    }
    for (const shade of [...diverging, ...sequential, ink, paper])
      expect(distance(nan, shade, eye)).toBeGreaterThan(0.08);
    expect(distance(ink, paper, eye)).toBeGreaterThan(0.8);
  });
});

describe('from numbers to shades', () => {
  test('zero is the middle where there are both signs', () => {
    const scale = makeScale(-0.5, 2);
    expect(scale.diverging).toBe(true);
    expect(shadeOf(scale, 0)).toBe(SHADES / 2);
    expect(shadeOf(scale, 2)).toBe(SHADES - 1);
    expect(shadeOf(scale, -2)).toBe(0);
    expect(shadeOf(scale, -0.5)).toBe(96);
  });

  test('else all shades are used, and numbers outside have the nearer end', () => {
    const scale = makeScale(1, 3);
    expect([0, 1, 2, 3, 9].map((value) => shadeOf(scale, value))).toEqual([0, 0, 128, 255, 255]);
    expect(shadeOf(makeScale(-3, -1), -3)).toBe(0);
  });

  test('ranges of one number, and the widest there are', () => {
    expect(shadeOf(makeScale(2, 2), 2)).toBe(128);
    const widest = makeScale(-Number.MAX_VALUE, Number.MAX_VALUE);
    expect(shadeOf(widest, 0)).toBe(128);
    expect(shadeOf(widest, Number.MAX_VALUE)).toBe(255);
  });

  test('shades run from the first stop to the last', () => {
    const shades = makeShades(' #000  #ff0000 #fff');
    expect(shades[0]).toEqual([0, 0, 0]);
    expect(shades[255]).toEqual([255, 255, 255]);
    expect(shades).toHaveLength(SHADES);
  });
});

describe('ticks', () => {
  test('are round and inside', () => {
    expect(makeTicks(-0.34, 0.36, 4)).toEqual([-0.2, 0, 0.2]);
    expect(makeTicks(0.1, 0.7, 4)).toEqual([0.2, 0.4, 0.6]);
    expect(makeTicks(0, 1e6, 4)).toEqual([0, 500_000, 1_000_000]);
    expect(makeTicks(3, 3, 4)).toEqual([3]);
  });

  test('are few, whatever the range', () => {
    const ranges = [
      [-1e-300, 1e-300],
      [-1e308, 1e308],
      [1e9, 1e9 + 1],
      [0, 5e-324],
    ] as const;
    for (const [low, high] of ranges) {
      const ticks = makeTicks(low, high, 4);
      expect(ticks.length).toBeLessThan(10);
      for (const tick of ticks) expect(tick).toBeLessThanOrEqual(high);
    }
  });

  test('numbers have few digits', () => {
    expect([0.012345, -1.23456e30, 0, 12345, -0.5].map((value) => formatNumber(value))).toEqual([
      '0.01235',
      '−1.235e+30',
      '0',
      '12350',
      '−0.5',
    ]);
  });
});
