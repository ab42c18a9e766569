import { type ReadonlySignal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { formatCount, formatQuantity, visibleName } from '../../model/format';
import { type Line, METRIC_WORDS, nearestPlace, placesOf, sortByChange } from '../../model/lines';
import { compileSearch } from '../../model/search';
import { go, route } from '../../state';
import { uniformRows } from '../../ui/rows';
import { Search } from '../../ui/Search';
import { Sparkline } from '../../ui/Sparkline';
import { Swatch } from '../../ui/Swatch';
import { adoptStyles } from '../../ui/styles';
import { focusGrid, VirtualGrid } from '../../ui/VirtualGrid';
import { Name } from '../parts';
import css from './linelist.css?inline';
import { formatValue } from './values';
import {
  type Drawn,
  findSelected,
  hovered,
  pointed,
  type Settings,
  type Shown,
  showLines,
  unionOf,
} from './view';

adoptStyles(css);

const ROW_PX = 30;

export interface LineListProps {
  shown: readonly Shown[];
  drawn: readonly Drawn[];
  /** Of the lines that are chosen, whether there are such or not. */
  keys: readonly string[];
  settings: Settings;
}

/** All lines there are: which are drawn, their course, and their value where one looks. */
export function LineList({ shown, drawn, keys, settings }: LineListProps) {
  const box = useRef<HTMLDivElement>(null);
  const active = useSignal('');
  const source = useSignal({ shown, axis: settings.axis });
  if (source.peek().shown !== shown || source.peek().axis !== settings.axis) {
    source.value = { shown, axis: settings.axis };
  }
  const spot = useComputed(() => findSpot(source.value.shown, source.value.axis));
  const { q } = route.value;
  const match = compileSearch(q);
  const all = useMemo(() => sortByChange(unionOf(shown)), [shown]);
  const found = useMemo(
    () => (typeof match === 'string' ? [] : all.filter(({ label }) => match(label))),
    [all, q],
  );
  const chosen = new Set(keys);
  const toggle = (key: string) => {
    if (!chosen.delete(key)) chosen.add(key);
    showLines([...chosen]);
  };
  useEffect(() => () => pointNowhere(), []);
  const looks = new Map(drawn.map(({ line, look }) => [line.key, look]));
  return (
    <div class="linelist" ref={box} onPointerLeave={pointNowhere}>
      <div class="linelist-head">
        {all.length > 8 && (
          <Search
            label="Search the lines"
            placeholder="Search, or /regex/"
            value={q}
            problem={typeof match === 'string' ? match : undefined}
            onInput={(text) => go({ q: text }, { replace: true })}
            onDown={() => focusGrid(box.current)}
          />
        )}
        <ListSums all={all} found={found} chosen={keys} settings={settings} />
      </div>
      {found.length ? (
        <VirtualGrid
          role="grid"
          label="Lines"
          rows={uniformRows(found.length, ROW_PX)}
          template="26px minmax(60px, 1fr) 72px 70px"
          active={found.findIndex((line) => line.key === active.value)}
          onActive={(row) => {
            active.value = found[row]?.key ?? '';
          }}
          onOpen={(row) => toggle(found[row]?.key ?? '')}
          onKey={(event) => {
            if (event.key !== ' ') return false;
            if (active.value) toggle(active.value);
            return true;
          }}
          rowKey={(row) => found[row]?.key ?? ''}
          rowProps={(row) => lineProps(found[row], chosen)}
        >
          {(row) => {
            const line = found[row];
            if (!line) return null;
            const isDrawn = chosen.has(line.key);
            return (
              <div class="cells">
                <span role="gridcell" class="line-swatch">
                  {isDrawn && looks.has(line.key) ? (
                    <Swatch
                      look={lookOf(looks.get(line.key), shown.length)}
                      isPlain={shown.length > 1}
                    />
                  ) : (
                    <span class="no-swatch" />
                  )}
                  <span class="hidden">{isDrawn ? 'shown' : 'not shown'}</span>
                </span>
                <span role="gridcell" class="line-name">
                  <Name name={line.short} title={visibleName(line.label)} />
                </span>
                <span role="gridcell" class="muted">
                  {line.isFrozen ? 'frozen' : <Sparkline values={line.values} />}
                </span>
                <span role="gridcell" class="number">
                  <Value line={line} shown={shown} settings={settings} spot={spot} />
                </span>
              </div>
            );
          }}
        </VirtualGrid>
      ) : (
        <NoLine total={all.length} settings={settings} />
      )}
    </div>
  );
}

/** The chart is drawn anew for it, so not for lines that the pointer only passes. */
const REST_MS = 80;
let resting = 0;

function pointNowhere() {
  clearTimeout(resting);
  pointed.value = null;
}

function pointAt(key: string) {
  clearTimeout(resting);
  resting = window.setTimeout(() => {
    pointed.value = key;
  }, REST_MS);
}

/** Of several series the colour tells the series, so the list shows dashes only. */
function lookOf(look: Drawn['look'] | undefined, series: number) {
  const { slot, dash } = look ?? { slot: 0, dash: 0 };
  return series > 1 ? { slot: 0, dash } : { slot, dash };
}

function lineProps(line: Line | undefined, chosen: ReadonlySet<string>) {
  if (!line) return {};
  return {
    class: `${chosen.has(line.key) ? 'drawn' : ''} ${line.isFrozen ? 'is-frozen' : ''}`,
    onPointerEnter: () => pointAt(line.key),
  };
}

function ListSums(props: {
  all: readonly Line[];
  found: readonly Line[];
  chosen: readonly string[];
  settings: Settings;
}) {
  const { all, found, chosen, settings } = props;
  const there = new Set(all.map((line) => line.key));
  const count = chosen.filter((key) => there.has(key)).length;
  const part = found.length < all.length;
  return (
    <div class="linelist-sums">
      <span>
        {formatCount(count)} of {formatQuantity(all.length, 'line')} shown
        {part && <span class="muted"> · {formatCount(found.length)} found</span>}
      </span>
      <span class="spring" />
      {part && found.length > 0 && found.length <= 24 && (
        <button
          type="button"
          class="plain small"
          onClick={() => showLines(found.map((line) => line.key))}
        >
          Show found
        </button>
      )}
      {settings.lines !== null && (
        <button
          type="button"
          class="plain small"
          title="The lines that change most"
          onClick={() => go({ lines: '' })}
        >
          Usual
        </button>
      )}
      <button type="button" class="plain small" disabled={!count} onClick={() => showLines([])}>
        None
      </button>
    </div>
  );
}

/** Where values are looked up: under the pointer, or else at the selected checkpoint. */
interface Spot {
  series: number;
  at: number;
}

function findSpot(shown: readonly Shown[], axis: Settings['axis']): Spot {
  const selected = findSelected(shown);
  const series = selected?.series ?? 0;
  const x = hovered.value;
  const checkpoints = shown[series]?.table.payload.checkpoints;
  if (x === null || !checkpoints) return { series, at: selected?.at ?? -1 };
  return { series, at: nearestPlace(placesOf(checkpoints, axis), x) };
}

/** A component of its own, so that a pointer that moves draws numbers and nothing else. */
function Value(props: {
  line: Line;
  shown: readonly Shown[];
  settings: Settings;
  spot: ReadonlySignal<Spot>;
}) {
  const { series, at } = props.spot.value;
  const value = props.shown[series]?.lines.get(props.line.key)?.values[at] ?? null;
  const title = value === null ? 'Not known' : String(value);
  return (
    <span class={value === null ? 'muted' : ''} title={title}>
      {formatValue(value, METRIC_WORDS[props.settings.metric].unit)}
    </span>
  );
}

function NoLine({ total, settings }: { total: number; settings: Settings }) {
  if (total) return <p class="linelist-empty muted">No line matches the search.</p>;
  return (
    <p class="linelist-empty muted">
      {settings.metric === 'hyperparameters'
        ? 'No checkpoint stores a hyperparameter: an optimizer saved with tf.train.Checkpoint(optimizer=…) brings its learning rate.'
        : 'No tensor of the roles chosen above.'}
    </p>
  );
}
