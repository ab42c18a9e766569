// Frames of the graph's picture with 20,000 boxes in sight: `python -m tools.frontend node
// gallery/frames.mjs` prints the time between them and how long painting one takes, in ms.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const BOXES = Number(process.argv[2] ?? 20_000);
const view = fileURLToPath(new URL('../src/graph/view.ts', import.meta.url));

const [built] = await build({
  configFile: false,
  logLevel: 'error',
  build: { write: false, lib: { entry: view, name: 'graph', formats: ['iife'] } },
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? process.env.MODELINSPECT_CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.setContent(
  '<canvas id="c" style="width:1100px;height:760px"></canvas><canvas id="m"></canvas>',
);
await page.addScriptTag({ content: built.output[0].code });
console.log(await page.evaluate(measure, BOXES));
await browser.close();

/** Runs in the page: pans and zooms so that all boxes stay in sight. */
async function measure(count) {
  const across = Math.ceil(Math.sqrt(count * 3));
  const column = (Kind, of) => Kind.from({ length: count }, (_, place) => of(place));
  const scene = {
    width: across * 80,
    height: Math.ceil(count / across) * 60,
    box: column(Int32Array, (place) => place),
    x: column(Float32Array, (place) => (place % across) * 80),
    y: column(Float32Array, (place) => Math.floor(place / across) * 60),
    wide: new Float32Array(count).fill(64),
    tall: new Float32Array(count).fill(28),
    depth: new Int32Array(count),
    position: new Int32Array(count),
    siblings: new Int32Array(count),
    kind: column(Uint8Array, (place) => Number(place % 5 === 0)),
    label: Array.from({ length: count }, (_, place) => `layer_${place}`),
    note: Array.from({ length: count }, () => '21 nodes'),
    colour: column(Uint8Array, (place) => 1 + (place % 8)),
    lines: {
      from: column(Int32Array, (place) => place),
      to: column(Int32Array, (place) => (place + across) % count),
      count: new Int32Array(count).fill(1),
      type: new Int32Array(count).fill(-1),
      isControl: new Uint8Array(count),
      start: Int32Array.from({ length: count + 1 }, (_, line) => line * 4),
      points: Float32Array.from({ length: count * 4 }, (_, i) => {
        const place = i >> 2;
        const [x, y] = [(place % across) * 80 + 32, Math.floor(place / across) * 60];
        return [x, y + 28, x, y + 60][i & 3];
      }),
    },
  };
  const slots = [
    '#0072b2',
    '#d55e00',
    '#009e73',
    '#660033',
    '#a060ff',
    '#555500',
    '#2222aa',
    '#888',
  ];
  const ink = { page: '#fff', band: '#fafafa', line: '#ddd', text: '#222', muted: '#666' };
  const inks = { ...ink, accent: '#b54500', slots, font: 'sans-serif' };
  const nothing = () => {};
  const events = { onSelect: nothing, onToggle: nothing, onHover: nothing };
  const [canvas, mini] = [document.querySelector('#c'), document.querySelector('#m')];
  const shown = new graph.GraphView(canvas, mini, () => inks, events);
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  shown.show(scene, null, [], -1);
  const gaps = [];
  const work = [];
  let last = await frame();
  for (let step = 0; step < 90; step++) {
    const start = performance.now();
    shown.paint();
    work.push(performance.now() - start);
    if (step % 2) shown.zoom(step % 4 === 1 ? 1.02 : 1 / 1.02);
    else shown.pan(step % 4 ? 0.1 : -0.1, 0);
    const now = await frame();
    gaps.push(now - last);
    last = now;
  }
  const sum = (values) => {
    const sorted = values.sort((a, b) => a - b);
    return `${sorted[0].toFixed(1)} / ${sorted[45].toFixed(1)} / ${sorted[85].toFixed(1)} / ${sorted[89].toFixed(1)}`;
  };
  return `${count} boxes, least / median / p95 / longest ms: frame ${sum(gaps)}, painting ${sum(work)}`;
}
