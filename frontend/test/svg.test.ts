import { describe, expect, test } from 'vitest';
import { MARK, makeScale, makeShades, type Palette } from '../src/ui/colours';
import { svgAddress } from '../src/ui/download';
import { arrange } from '../src/ui/heat';
import { toSvg } from '../src/ui/svg';

const PALETTE: Palette = {
  diverging: makeShades('#0000ff #ffffff #ff0000'),
  sequential: makeShades('#000000 #ffffff'),
  nan: [180, 20, 255],
  ink: [0, 0, 0],
  paper: [255, 255, 255],
  line: [119, 119, 119],
};

function draw(values: number[], columns: number, marks: number[] = [], title = 'kernel') {
  const rows = values.length / columns;
  const sheet = { down: 1, across: 1, rows, columns, tall: rows, wide: columns };
  const cells = { sheet, values, marks: Uint8Array.from(values, (_, cell) => marks[cell] ?? 0) };
  const at = arrange(sheet, { width: 400, height: 300 });
  return toSvg(cells, at, makeScale(0, 1), PALETTE, {
    title,
    subtitle: 'float32 [2, 3]',
    notes: [`${'some words '.repeat(20)}end.`],
    unit: 'value',
    marks: [{ mark: MARK.nan, name: 'NaN', count: '1' }],
    ground: '#fff',
    text: '#212121',
  });
}

describe('a picture as SVG', () => {
  test('runs of one colour are one line', () => {
    const svg = draw([1, 1, 1, 0, 0, 1], 3);
    expect(svg).toContain('<path stroke="#ffffff" stroke-width="40" d="M0 20h120M80 60h40"/>');
    expect(svg).toContain('<path stroke="#000000" stroke-width="40" d="M0 60h80"/>');
  });

  test('what is no number has its colour or hatch', () => {
    const svg = draw([0, 0, 0, 0], 2, [MARK.nan, MARK.posinf, MARK.neginf, MARK.none]);
    for (const paint of ['#b414ff', 'url(#posinf)', 'url(#neginf)'])
      expect(svg).toContain(`<path stroke="${paint}"`);
  });

  test('names from files stay text', () => {
    const svg = draw([0], 1, [], '</svg><script>alert("x")</script>&amp;');
    expect(svg).not.toContain('<script');
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
    expect(svg).toContain('&#38;amp;');
  });

  test('long notes are broken into lines', () => {
    const lines = [...draw([0], 1).matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text ?? '');
    expect(Math.max(...lines.map((text) => text.length))).toBeLessThan(80);
    expect(lines.join(' ')).toContain('words end.');
  });

  test('an address holds it, whatever its letters', () => {
    const address = svgAddress('<svg>größe 模型</svg>');
    const [kind, data = ''] = address.split(',');
    expect(kind).toBe('data:image/svg+xml;base64');
    expect(Buffer.from(data, 'base64').toString()).toBe('<svg>größe 模型</svg>');
  });
});
