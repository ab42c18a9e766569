import { useSignal } from '@preact/signals';
import { drawOn, drawSvg, makeSheet, type Sheet } from '../../graph/exporting';
import type { Ink } from '../../graph/paint';
import { formatCount, formatQuantity, visibleName } from '../../model/format';
import { artifact } from '../../state';
import { announce } from '../../ui/announce';
import { downloadAddress, plainName, svgAddress } from '../../ui/download';
import { Menu } from '../../ui/Menu';
import type { GraphModel } from './model';
import { COLOUR_WORDS } from './Toolbar';

/** Names are left out of a picture, or cannot be read, with fewer dots per pixel. */
const LEAST_DOTS = 0.6;
/** The colour of the largest amount. */
const STRONGEST = 8;

/** Takes away the picture: all that is open, or what is in view. */
export function Export({ model }: { model: GraphModel }) {
  const isWhole = useSignal(true);
  const problem = useSignal('');
  const save = (write: (sheet: Sheet, name: string) => string) => {
    const sheet = sheetOf(model, isWhole.value);
    problem.value = sheet ? write(sheet, fileName(model)) : '';
    if (problem.value) announce(problem.value);
  };
  return (
    <Menu word="Export" label="Export what is seen">
      <ul class="menu-export">
        <li>
          <button type="button" onClick={() => save(saveSvg)}>
            <strong>SVG</strong>
            <span class="muted">A drawing in which text stays text</span>
          </button>
        </li>
        <li>
          <button type="button" onClick={() => save(savePng)}>
            <strong>PNG</strong>
            <PngSize model={model} isWhole={isWhole.value} />
          </button>
        </li>
      </ul>
      <label class="menu-choice">
        <input
          type="checkbox"
          checked={!isWhole.value}
          onChange={(event) => {
            isWhole.value = !event.currentTarget.checked;
            problem.value = '';
          }}
        />
        Only the part in view
      </label>
      {problem.value && <p class="graph-export-note">{problem.value}</p>}
    </Menu>
  );
}

function PngSize({ model, isWhole }: { model: GraphModel; isWhole: boolean }) {
  const sheet = sheetOf(model, isWhole);
  if (!sheet) return null;
  const [wide = 0, tall = 0] = [sheet.width, sheet.height].map((side) =>
    Math.floor(side * sheet.dots),
  );
  const small = sheet.dots < LEAST_DOTS ? ', the most there can be: names cannot be read' : '';
  return <span class="muted">{`${formatCount(wide)} × ${formatCount(tall)} pixels${small}`}</span>;
}

function sheetOf(model: GraphModel, isWhole: boolean): Sheet | undefined {
  const seen = model.view?.seen();
  const picture = model.drawn.value;
  if (!seen || !picture) return undefined;
  const { legend, crumbs, scene } = picture;
  const scope = crumbs.at(-1)?.path;
  const where = [artifact.value?.path, model.info.peek()?.title, scope && `scope ${scope}`];
  const { colouring } = model.options.peek();
  const title = where.map((part) => part && visibleName(part)).filter(Boolean);
  const ground = document.documentElement.classList.contains('dark') ? 'dark' : 'light';
  const description =
    `${isWhole ? 'All' : 'Part'} of a graph of which ${formatQuantity(scene.box.length, 'box is', 'boxes are')} open,` +
    ` coloured by ${colouring}, on a ${ground} ground. Data flows down.`;
  const amount = { slot: STRONGEST, name: `${COLOUR_WORDS[colouring]}: the stronger, the more` };
  const names = legend.map(({ slot, name }) => ({ slot, name: visibleName(name) }));
  const caption = {
    title: title.join(' · '),
    legend: legend.length ? names : [amount],
    description,
  };
  return makeSheet(seen, caption, isWhole);
}

/** The artifact's name, the graph's, and the scope's. */
function fileName(model: GraphModel): string {
  const scope = model.picture.peek()?.crumbs.at(-1)?.path;
  const parts = [artifact.value?.path, model.info.peek()?.title, scope];
  return plainName(parts.filter(Boolean).join('-'), 'graph');
}

/** Gives what is wrong, or nothing. */
function saveSvg(sheet: Sheet, name: string): string {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!canvas) return '';
  const ink = plainInk(canvas, sheet.painted.ink);
  const measure = (text: string, font: string) => {
    canvas.font = font;
    return canvas.measureText(text).width;
  };
  const svg = drawSvg({ ...sheet, painted: { ...sheet.painted, ink } }, measure);
  if (!svg) return 'Too much for one drawing (8 MB): close some scopes, or save a part.';
  downloadAddress(`${name}.svg`, svgAddress(svg));
  return '';
}

function savePng(sheet: Sheet, name: string): string {
  const canvas = document.createElement('canvas');
  drawOn(canvas, sheet);
  const address = canvas.toDataURL('image/png');
  if (address.length < 10) return 'This browser cannot make a picture of that size: take SVG.';
  downloadAddress(`${name}.png`, address);
  return '';
}

/** Colours as other programs know them too: what styles mix is mixed. */
function plainInk(canvas: CanvasRenderingContext2D, ink: Ink): Ink {
  const plain = (colour: string) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  };
  const colours = Object.entries(ink).map(([key, value]) => [
    key,
    key === 'font' ? value : Array.isArray(value) ? value.map(plain) : plain(value),
  ]);
  return Object.fromEntries(colours);
}
