import { afterEach, expect, test, vi } from 'vitest';
import type { Painted } from '../../src/graph/paint';
import { paintSpecks } from '../../src/graph/specks';

const RED = 0xff0000ff;

/** A canvas of a page, as far as specks need it; every colour is red. */
class FakeCanvas {
  constructor(
    readonly width: number,
    readonly height: number,
  ) {}

  getContext() {
    const image = (wide: number, tall: number) => ({
      data: new Uint8ClampedArray(4 * wide * tall),
    });
    return {
      createImageData: image,
      putImageData: (put: ImageData) => shown.push(new Uint32Array(put.data.buffer.slice(0))),
      fillRect: () => undefined,
      getImageData: () => ({ data: Uint8ClampedArray.of(255, 0, 0, 255) }),
    };
  }
}

const shown: Uint32Array[] = [];

afterEach(() => vi.unstubAllGlobals());

function painted(kind: number[], marks: Uint8Array | null): Painted {
  const scene = {
    box: Int32Array.of(7, 8),
    x: Float32Array.of(0, -50),
    y: Float32Array.of(0, 20),
    wide: Float32Array.of(20, 1000),
    tall: Float32Array.of(10, 10),
    kind: Uint8Array.from(kind),
    colour: Uint8Array.of(1, 1),
    lines: { from: [0], start: [0, 4], points: [35, -10, 35, 1000] },
  };
  const view = { x: 0, y: 0, scale: 0.1 };
  const ink = { slots: ['red'], line: 'grey', muted: 'grey' };
  return { scene, view, ink, marks, width: 4, height: 4 } as unknown as Painted;
}

function rowsOf(kind: number[], marks: Uint8Array | null = null): string[] {
  vi.stubGlobal('OffscreenCanvas', FakeCanvas);
  vi.stubGlobal('devicePixelRatio', 1);
  shown.length = 0;
  const canvas = { drawImage: () => undefined } as unknown as CanvasRenderingContext2D;
  paintSpecks(canvas, painted(kind, marks));
  const signs = [...(shown[0] ?? [])].map((one) => (one === RED ? '#' : one ? '.' : ' ')).join('');
  return [0, 4, 8, 12].map((row) => signs.slice(row, row + 4));
}

test('boxes lie over lines, and neither goes beyond the picture', () => {
  expect(rowsOf([0, 0])).toEqual(['## .', '   .', '####', '   .']);
});

test('open boxes are left out, and what is not marked is dim', () => {
  expect(rowsOf([0, 2], Uint8Array.of(0, 1))).toEqual(['.. .', '   .', '   .', '   .']);
});
