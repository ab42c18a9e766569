import { describe, expect, test } from 'vitest';
import { arrange, moveSpot, type Sheet, spotAt, tilePlace } from '../src/ui/heat';

const ROOM = { width: 560, height: 400 };

function one(tall: number, wide: number): Sheet {
  return { down: 1, across: 1, rows: tall, columns: wide, tall, wide };
}

function tiles(down: number, across: number, tall = 3, wide = 3): Sheet {
  return { down, across, rows: tall, columns: wide, tall, wide };
}

describe('a single picture', () => {
  test('fills the width, and no more than the room', () => {
    expect(arrange(one(300, 300), ROOM)).toMatchObject({ width: 560, height: 400 });
    expect(arrange(one(100, 300), ROOM)).toMatchObject({ width: 560, height: 187 });
    expect(arrange(one(4000, 16), ROOM)).toMatchObject({ width: 560, height: 400 });
  });

  test('has cells that are not too large, and is never a thread', () => {
    expect(arrange(one(3, 3), ROOM)).toMatchObject({ width: 120, height: 120 });
    expect(arrange(one(1, 64), ROOM)).toMatchObject({ width: 560, height: 40 });
    expect(arrange(one(16, 4000), ROOM)).toMatchObject({ width: 560, height: 120 });
  });

  test('does not shrink when it is zoomed into', () => {
    expect(arrange(one(4, 4), ROOM, { tall: 900, wide: 900 })).toMatchObject(ROOM);
  });
});

describe('tiles', () => {
  test('of two axes stand in their places', () => {
    const sheet = tiles(8, 16);
    const at = arrange(sheet, ROOM);
    expect(at).toMatchObject({ perLine: 16, lines: 8 });
    expect(at.width).toBeLessThanOrEqual(ROOM.width);
    expect(at.height).toBeLessThanOrEqual(ROOM.height);
    expect(at.tileWidth / 3).toBe(Math.floor(at.tileWidth / 3));
    expect(tilePlace(at, 17)).toEqual([at.tileWidth + at.gap, at.tileHeight + at.gap]);
  });

  test('of one axis are broken into lines', () => {
    const at = arrange(tiles(48, 1), ROOM);
    expect(at.perLine * at.lines).toBeGreaterThanOrEqual(48);
    expect(at.perLine).toBeGreaterThan(4);
    expect(at.lines).toBeGreaterThan(3);
    expect(arrange(tiles(1, 48), ROOM).perLine).toBe(at.perLine);
  });

  test('are drawn even where there is no room for them', () => {
    const at = arrange(tiles(64, 64, 16, 16), { width: 300, height: 200 });
    expect(at.tileWidth).toBeGreaterThan(0);
    expect(at.tileHeight).toBeGreaterThan(0);
  });
});

describe('the element at a point', () => {
  test('of every tile, corner to corner; none in a gap or beside the last', () => {
    const sheet = tiles(7, 1);
    const at = arrange(sheet, ROOM);
    for (let tile = 0; tile < 7; tile++) {
      const [x, y] = tilePlace(at, tile);
      expect(spotAt(sheet, at, x, y)).toEqual({ down: tile, across: 0, row: 0, column: 0 });
      const last = spotAt(sheet, at, x + at.tileWidth - 0.1, y + at.tileHeight - 0.1);
      expect(last).toEqual({ down: tile, across: 0, row: 2, column: 2 });
      expect(spotAt(sheet, at, x + at.tileWidth + at.gap / 2, y)).toBeNull();
    }
    expect(spotAt(sheet, at, -1, 0)).toBeNull();
    const [x, y] = tilePlace(at, 7);
    expect(spotAt(sheet, at, x, y)).toBeNull();
  });

  test('of a picture with more elements than pixels', () => {
    const sheet = { ...one(4000, 2000), rows: 250, columns: 250 };
    const at = arrange(sheet, ROOM);
    expect(spotAt(sheet, at, at.width / 2, at.height / 4)).toMatchObject({
      row: 1000,
      column: 1000,
    });
  });
});

describe('moving by keys', () => {
  test('goes on in the next tile, and stops at the edges', () => {
    const sheet = tiles(2, 3);
    const at = arrange(sheet, ROOM);
    const start = { down: 0, across: 0, row: 2, column: 2 };
    expect(moveSpot(sheet, at, start, 0, 1)).toEqual({ down: 0, across: 1, row: 2, column: 0 });
    expect(moveSpot(sheet, at, start, 1, 0)).toEqual({ down: 1, across: 0, row: 0, column: 2 });
    expect(moveSpot(sheet, at, start, -9, 0)).toEqual({ ...start, row: 0 });
    expect(moveSpot(sheet, at, start, 0, 99)).toEqual({ down: 0, across: 2, row: 2, column: 2 });
  });

  test('does not leave the last line, which may be short', () => {
    const sheet = tiles(7, 1);
    const at = arrange(sheet, ROOM);
    const last = { down: 6, across: 0, row: 0, column: 2 };
    expect(at.perLine * at.lines).toBeGreaterThan(7);
    expect(moveSpot(sheet, at, last, 0, 1)).toEqual(last);
  });
});
