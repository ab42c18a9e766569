import { formatCount, formatShape, visibleName } from '../../model/format';
import { summarise } from '../../model/pictures';
import { formatSlice } from '../../model/slices';
import type { Palette, Scale } from '../../ui/colours';
import { formatNumber } from '../../ui/colours';
import { downloadAddress, plainName, pngAddress, svgAddress } from '../../ui/download';
import type { Arrangement } from '../../ui/heat';
import { Icon } from '../../ui/Icon';
import { toSvg } from '../../ui/svg';
import type { Asked } from './asked';
import type { Held } from './look';
import type { Shown } from './shown';

/** Buttons that save the picture as it is seen, with its legend and what it says. */
export function PictureFiles(props: {
  asked: Asked;
  held: Held;
  shown: Shown;
  arrangement: Arrangement;
  scale: Scale;
  palette: Palette;
  unit: string;
  marks: readonly { mark: number; name: string; count: string }[];
  /** Whether the picture is that of what is asked for. */
  ready: boolean;
}) {
  const name = fileName(props.held.name);
  return (
    <>
      <button
        type="button"
        class="plain"
        title="The picture as PNG, with its legend"
        disabled={!props.ready}
        onClick={async () => downloadAddress(`${name}.png`, await pngAddress(draw(props)))}
      >
        <Icon name="download" />
        PNG
      </button>
      <button
        type="button"
        class="plain"
        title="The picture as SVG, with its legend"
        disabled={!props.ready}
        onClick={() => downloadAddress(`${name}.svg`, svgAddress(draw(props)))}
      >
        <Icon name="download" />
        SVG
      </button>
    </>
  );
}

function draw(props: Parameters<typeof PictureFiles>[0]): string {
  const { asked, held, shown, arrangement, scale, palette } = props;
  const { payload } = shown.current;
  const cells = shown.layers.at(-1)?.cells;
  if (!cells) return '';
  const style = getComputedStyle(document.documentElement);
  const words = summarise(payload, { count: formatCount, number: formatNumber });
  return toSvg(cells, arrangement, scale, palette, {
    title: visibleName(held.name),
    subtitle: `${payload.dtype} ${formatShape(asked.shape)}, slice [${formatSlice(asked.region, asked.shape)}]`,
    notes: [`${words} ${payload.description}`],
    unit: props.unit,
    marks: props.marks,
    ground: style.getPropertyValue('--page'),
    text: style.getPropertyValue('--text'),
  });
}

/** The key as the name of a file; the same as the server's for `.npy`. */
function fileName(key: string): string {
  return plainName(key.replace(/\/\.ATTRIBUTES\/VARIABLE_VALUE$/, ''), 'tensor');
}
