import { expect, test } from 'vitest';
import { type Caption, drawSvg, makeSheet } from '../../src/graph/exporting';
import type { Painted } from '../../src/graph/paint';
import { Session, USUAL } from '../../src/graph/session';
import { SvgPen } from '../../src/graph/svgPen';
import { denseLines, type Line, payloadOf } from './graphs';

const INK = {
  page: '#fff',
  band: '#eee',
  line: '#999',
  text: '#111',
  muted: '#555',
  accent: '#00f',
  slots: ['#1', '#2', '#3', '#4', '#5', '#6', '#7', '#8'],
  isShade: false,
  font: '"A font", serif',
};
const CAPTION: Caption = {
  title: 'model · f',
  legend: [{ slot: 2, name: 'Matrix' }],
  description: 'All of it',
};

function painted(lines: readonly Line[], more = {}): Painted {
  const session = new Session(payloadOf(lines, more), USUAL);
  const { scene } = session.show('', '');
  const view = { x: 0, y: 0, scale: 1 };
  const types = session.info().types;
  const [selected, hovered] = [-1, -1];
  return { scene, view, width: 800, height: 100, ink: INK, selected, hovered, marks: null, types };
}

function draw(seen: Painted, isWhole = true, caption = CAPTION): string {
  return drawSvg(makeSheet(seen, caption, isWhole), (text) => text.length * 7) ?? '';
}

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text ?? '');
}

test('the drawing has every box as text, on its ground, with title and legend', () => {
  const { lines, more } = denseLines();
  const seen = painted(lines, more);
  const svg = draw(seen);
  for (const label of seen.scene.label) expect(textsOf(svg)).toContain(label);
  expect(textsOf(svg).slice(-2)).toEqual(['model · f', 'Matrix']);
  expect(svg).toContain('<title id="title">model · f</title>');
  expect(svg).toContain('<desc id="description">All of it</desc>');
  const [, width, height] = /width="(\d+)" height="(\d+)" fill="#fff"/.exec(svg) ?? [];
  expect(svg).toContain(`viewBox="0 0 ${width} ${height}"`);
  expect(svg).toContain('font-family="&#34;A font&#34;, serif"');
});

test('a part is as large as what is in view, and holds no more than that', () => {
  const seen = painted(denseLines().lines, denseLines().more);
  const sheet = makeSheet(seen, CAPTION, false);
  expect([sheet.width, sheet.height - sheet.painted.view.y]).toEqual([800, 100]);
  const texts = textsOf(draw(seen, false));
  expect(texts).toContain('x');
  expect(texts).not.toContain('y');
});

test('names stay text, whatever is in them', () => {
  const odd = '</text><script>"&\ud83d';
  const svg = draw(painted([[odd, 'Relu']]), true, { ...CAPTION, title: '\u0000\ufffe<' });
  expect(svg).not.toContain('<script');
  expect(svg).toContain('<title id="title">\ufffd\ufffd&#60;</title>');
  expect(svg).toContain('&#60;script&#62;&#34;&#38;\\u{d83d}');
});

test('what is too large for a canvas gets fewer dots', () => {
  const seen = painted([['x', 'Relu']]);
  expect(makeSheet(seen, CAPTION, true).dots).toBe(2);
  const tall = makeSheet({ ...seen, scene: { ...seen.scene, height: 100_000 } }, CAPTION, true);
  expect(tall.height * tall.dots).toBeLessThanOrEqual(16_384);
  const large = { ...seen.scene, width: 15_000, height: 15_000 };
  const wide = makeSheet({ ...seen, scene: large }, CAPTION, true);
  expect(wide.width * wide.height * wide.dots ** 2).toBeLessThanOrEqual(64_000_001);
});

test('a drawing that is too long is none', () => {
  const pen = new SvgPen(() => 0);
  const text = 'x'.repeat(1_000_000);
  for (let i = 0; i < 7; i++) pen.fillText(text, 0, 0);
  expect(pen.finish({ width: 1, height: 1 }, '', '')).toContain(text);
  pen.fillText(text, 0, 0);
  expect(pen.finish({ width: 1, height: 1 }, '', '')).toBeUndefined();
});

test('shapes of a canvas', () => {
  const pen = new SvgPen((text) => 10 * text.length);
  pen.beginPath();
  pen.moveTo(1, 2);
  pen.bezierCurveTo(1, 3, 4.567, 3, 4, 5);
  pen.lineTo(4, 6);
  pen.setLineDash([4, 3]);
  pen.globalAlpha = 0.5;
  pen.stroke();
  pen.setLineDash([]);
  pen.beginPath();
  pen.roundRect(0, 0, 10, 5, 3);
  pen.fill();
  pen.font = '500 10px serif';
  pen.textAlign = 'center';
  pen.fillText('wide', 0, 0, 30);
  const svg = pen.finish({ width: 10, height: 10 }, '', '');
  expect(svg).toContain(
    '<path d="M1 2C1 3 4.57 3 4 5L4 6" fill="none" stroke="#000" stroke-width="1" stroke-dasharray="4 3" opacity="0.5"/>',
  );
  expect(svg).toContain(
    '<rect x="0" y="0" width="10" height="5" rx="3" fill="#000" opacity="0.5"/>',
  );
  expect(svg).toContain(
    'y="3.4" font-family="serif" font-size="10" font-weight="500" text-anchor="middle" textLength="30"',
  );
});
