import { useEffect, useRef } from 'preact/hooks';
import { isAmount, SHADES, shadeOf } from '../../graph/colour';
import type { Ink } from '../../graph/paint';
import { BOX } from '../../graph/scene';
import { GraphView } from '../../graph/view';
import { formatQuantity } from '../../model/format';
import { shown } from '../../state';
import { Icon } from '../../ui/Icon';
import { readToken } from '../../ui/palette';
import type { GraphModel } from './model';

/** The picture; the outline beside it says the same as a tree. */
export function Canvas({ model }: { model: GraphModel }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const mini = useRef<HTMLCanvasElement>(null);
  const view = useRef<GraphView | null>(null);
  const picture = model.picture.value;
  useEffect(() => {
    if (!canvas.current || !mini.current) return;
    const made = new GraphView(canvas.current, mini.current, () => readInk(model), {
      onSelect: (place) => void model.select(boxOf(model, place)),
      onToggle: (place) => void model.toggle(boxOf(model, place)),
      onHover: (place) => {
        const label = model.picture.peek()?.scene.label[place];
        if (canvas.current) canvas.current.title = label ?? '';
      },
    });
    view.current = made;
    model.view = made;
    const theme = new MutationObserver(() => made.draw());
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ['class'] });
    return () => {
      theme.disconnect();
      made.close();
      model.view = undefined;
    };
  }, [model]);
  useEffect(() => {
    if (!picture) return;
    view.current?.show(
      picture.scene,
      picture.marks,
      model.info.peek()?.types ?? [],
      picture.anchor,
    );
    model.drawn.value = picture;
  }, [picture]);
  const place = picture?.scene.box.indexOf(model.selected.value) ?? -1;
  useEffect(() => view.current?.select(place, { bring: true }), [place, model.selected.value]);
  useEffect(() => view.current?.draw(), [shown.value]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys that the picture inside has no use for.
    <div class="graph-picture" onKeyDown={(event) => onKey(event, view.current, place, model)}>
      <canvas
        ref={canvas}
        class="graph-canvas"
        role="img"
        tabIndex={0}
        aria-label={`The graph: ${formatQuantity(picture?.scene.box.length ?? 0, 'box', 'boxes')}, which the outline lists`}
      />
      <canvas ref={mini} class="graph-mini" role="img" aria-label="All of it, small" />
      <div class="graph-zoom" role="group" aria-label="What of the picture is seen">
        <ZoomButton icon="plus" word="Closer (+)" onClick={() => view.current?.zoom(1.4)} />
        <ZoomButton icon="minus" word="Wider (-)" onClick={() => view.current?.zoom(1 / 1.4)} />
        <ZoomButton icon="whole" word="All of it (0)" onClick={() => view.current?.fit()} />
      </div>
    </div>
  );
}

function ZoomButton(props: {
  icon: 'plus' | 'minus' | 'whole';
  word: string;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      class="plain square outlined"
      title={props.word}
      aria-label={props.word}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

function boxOf(model: GraphModel, place: number): number {
  return model.picture.peek()?.scene.box[place] ?? -1;
}

function isOpenable(model: GraphModel, place: number): boolean {
  return ((model.picture.peek()?.scene.kind[place] ?? 0) & BOX.openable) !== 0;
}

const PANS: Record<string, readonly [across: number, down: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function onKey(event: KeyboardEvent, view: GraphView | null, place: number, model: GraphModel) {
  if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
  // Buttons in the picture have keys of their own.
  if (event.key === 'Enter' && !(event.target instanceof HTMLCanvasElement)) return;
  const pan = PANS[event.key];
  if (pan) view.pan(...pan);
  else if (event.key === '+' || event.key === '=') view.zoom(1.4);
  else if (event.key === '-') view.zoom(1 / 1.4);
  else if (event.key === '0') view.fit();
  else if (event.key === 'f') view.fitBox(place);
  else if (event.key === 'Enter' && isOpenable(model, place))
    void model.toggle(boxOf(model, place));
  else if (event.key === 'Escape' && place >= 0) void model.select(-1);
  else return;
  event.preventDefault();
}

function readInk(model: GraphModel): Ink {
  const isShade = isAmount(model.options.peek().colouring);
  const [fill, page] = [readToken('--accent-fill'), readToken('--page')];
  return {
    page,
    band: readToken('--band'),
    line: readToken('--line'),
    text: readToken('--text'),
    muted: readToken('--muted'),
    accent: readToken('--accent'),
    slots: SHADES.map((part, i) =>
      isShade ? shadeOf(part, fill, page) : readToken(`--series-${i + 1}`),
    ),
    isShade,
    font: getComputedStyle(document.documentElement).fontFamily,
  };
}
