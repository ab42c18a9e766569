import { writeCsv } from '../../model/csv';
import { formatCount, formatTime, visibleName } from '../../model/format';
import { METRIC_WORDS } from '../../model/lines';
import { formatElapsed, formatTick } from '../../model/numbers';
import { type SvgPanel, writeSvg } from '../../ui/chartSvg';
import { downloadAddress, downloadText, pngAddress, svgAddress } from '../../ui/download';
import { Menu } from '../../ui/Menu';
import { readToken, tokenOf } from '../../ui/palette';
import type { HeadProps } from './Head';
import { rangeOf, scalarTrace, traceOf } from './traces';
import { TICKS } from './values';
import { zoom } from './view';

const WIDTH = 1000;

/** Takes away what is seen: the numbers as CSV, the charts as a picture. */
export function Export(props: HeadProps) {
  const name = `${props.shown[0]?.table.payload.series.name || 'timeline'}-${props.settings.metric}`;
  const items = [
    ['CSV', 'All checkpoints with what the table says, and the lines shown', saveCsv],
    ['PNG', 'A picture of the charts', savePng],
    ['SVG', 'A drawing of the charts', saveSvg],
  ] as const;
  return (
    <Menu icon="download" word="Export" label="Export what is seen">
      <ul class="menu-export">
        {items.map(([word, what, save]) => (
          <li key={word}>
            <button type="button" onClick={() => void save(props, name)}>
              <strong>{word}</strong>
              <span class="muted">{what}</span>
            </button>
          </li>
        ))}
      </ul>
    </Menu>
  );
}

function saveCsv({ shown, drawn, settings, scalar }: HeadProps, name: string) {
  const names = shown[0]?.hyperparameters ?? [];
  const keys = [...new Set(drawn.map(({ line }) => line.key))];
  const labels = keys.map((key) => drawn.find(({ line }) => line.key === key)?.line.label ?? key);
  const metric = METRIC_WORDS[settings.metric].title;
  const facts = ['series', 'path', 'step', 'time', 'bytes', 'state', 'mark', 'changed', 'compared'];
  const head = [
    ...facts,
    ...['nonfinite', scalar?.tag ?? 'scalar', 'scalar step'],
    ...names,
    ...labels.map((label) => `${metric}: ${label}`),
  ];
  const rows = shown.flatMap((series) =>
    series.rows.map((row) => [
      series.name,
      row.path,
      row.step,
      row.mtime_s ? formatTime(row.mtime_s) : null,
      row.nbytes,
      row.state,
      row.mark,
      row.changed,
      row.compared,
      row.nonfinite,
      row.scalar?.value,
      row.scalar?.step,
      ...row.hyperparameters,
      ...keys.map((key) => series.lines.get(key)?.values[row.at]),
    ]),
  );
  downloadText(`${name}.csv`, writeCsv([head, ...rows]), 'text/csv');
}

function drawSvg({ shown, drawn, settings, scalar }: HeadProps): string {
  const { axis, isLog, metric } = settings;
  const nameOf = (series: number) => visibleName(shown[series]?.name ?? '');
  const many = shown.length > 1;
  const scalars = shown.map((series, index) => ({
    look: { slot: many ? index : 0, dash: 0 },
    label: nameOf(index),
    ...scalarTrace(series, axis),
  }));
  const lines = drawn.map((one) => ({
    look: one.look,
    label: `${many ? `${nameOf(one.series)}: ` : ''}${visibleName(one.line.label)}`,
    ...traceOf(shown, one, axis),
  }));
  const panels: SvgPanel[] = [
    {
      title: METRIC_WORDS[metric].title,
      height: 320,
      isLog,
      formatY: TICKS[METRIC_WORDS[metric].unit],
      lines,
    },
  ];
  if (scalar && scalars.some(({ xs }) => xs.length)) {
    const title = `${visibleName(scalar.tag)} (${visibleName(scalar.run)})`;
    panels.unshift({ title, height: 130, isLog, formatY: formatTick, lines: scalars });
  }
  const places = panels.flatMap((panel) => panel.lines.map(({ xs }) => sorted(xs)));
  return writeSvg({
    width: WIDTH,
    range: zoom.value ?? rangeOf(places),
    xTitle: axis === 'step' ? 'Step' : 'Time since the first checkpoint',
    formatX: axis === 'step' ? formatCount : formatElapsed,
    panels,
    colours: {
      page: readToken('--page'),
      text: readToken('--text'),
      muted: readToken('--muted'),
      line: readToken('--line-soft'),
    },
    colourOf: (look) => readToken(tokenOf(look)),
    font: getComputedStyle(document.documentElement).fontFamily,
  });
}

function sorted(xs: readonly (number | null)[]): number[] {
  return xs.filter((x) => x !== null).sort((a, b) => a - b);
}

function saveSvg(props: HeadProps, name: string) {
  downloadAddress(`${name}.svg`, svgAddress(drawSvg(props)));
}

async function savePng(props: HeadProps, name: string) {
  downloadAddress(`${name}.png`, await pngAddress(drawSvg(props)));
}
