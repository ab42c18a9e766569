import { useRef } from 'preact/hooks';
import type { ValuesPayload } from '../../api/types';
import type { Range } from '../../model/slices';
import { classOf, layOutValues, type ValueGrid } from '../../model/values';

/** Strongest background a cell gets; text on it stays readable. */
const STRONGEST = 0.26;

/** The values that came. While others are on their way the last ones stay, paler. */
export function ValueTable(props: {
  payload: ValuesPayload | undefined;
  region: readonly Range[];
  /** Of the table, where there are several. */
  label?: string;
}) {
  const last = useRef<{ payload: ValuesPayload; region: readonly Range[] } | null>(null);
  if (props.payload) last.current = { payload: props.payload, region: props.region };
  if (!last.current) return <div class="value-box" />;
  const { payload, region } = last.current;
  const label = props.label ?? 'Values';
  const grid = layOutValues(payload, region);
  if (!payload.text.length) return <p class="values-note muted">This slice is empty.</p>;
  const waiting = props.payload ? '' : 'waiting-for-values';
  if (payload.text.length === 1) {
    return (
      <div
        class={`scalar ${waiting} ${payload.dtype === 'string' ? '' : classOf(payload.text[0] ?? '')}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        {payload.text[0]}
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
    <div class={`value-box ${waiting}`} tabIndex={0} role="region" aria-label={label}>
      <table class={`value-table ${payload.dtype === 'string' ? 'strings' : ''}`}>
        {grid.columns && <Columns columns={grid.columns} />}
        <tbody>
          {grid.cells.map((cells, row) => (
            <tr key={grid.rows[row]}>
              <th scope="row">{grid.rows[row]}</th>
              {cells.map((text, column) => (
                <Cell key={column} text={text} grid={grid} isText={payload.dtype === 'string'} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Columns({ columns }: { columns: readonly string[] }) {
  return (
    <thead>
      <tr>
        <td />
        {columns.map((column) => (
          <th key={column} scope="col">
            {column}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Cell({ text, grid, isText }: { text: string; grid: ValueGrid; isText: boolean }) {
  if (isText) return <td>{text}</td>;
  const value = Number(text);
  const strength = grid.largest > 0 ? (Math.abs(value) / grid.largest) * STRONGEST : 0;
  const shade = strength > 0.01 && strength <= STRONGEST ? strength.toFixed(2) : '';
  const style = shade
    ? { background: `rgb(var(--shade${value < 0 ? '-cool' : ''}) / ${shade})` }
    : undefined;
  return (
    <td class={classOf(text)} style={style}>
      {text}
    </td>
  );
}
