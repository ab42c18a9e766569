import { useSignal } from '@preact/signals';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Measure } from '../../graph/summary';
import { at } from '../../graph/wire';
import {
  formatBytes,
  formatCount,
  formatQuantity,
  formatShort,
  visibleName,
} from '../../model/format';
import { formatShare } from '../../model/numbers';
import { go, route } from '../../state';
import { Segments } from '../../ui/Chips';
import { Icon } from '../../ui/Icon';
import { layMap, type Tile } from './mapTiles';
import { pictureOf } from './ScopeTable';
import type { ScopeTree } from './scopes';

const WORDS = { parameters: 'Parameters', nbytes: 'Size', flops: 'FLOPs' } as const;
type Drawn = keyof typeof WORDS;

/** Scopes as areas; the table of scopes says the same in rows. */
export function ScopeMap({ tree }: { tree: ScopeTree }) {
  const { summary } = tree;
  const { scope, metric } = route.value;
  const choices = (['parameters', 'nbytes', 'flops'] as const).filter(
    (one) => !summary.isLayers || one !== 'flops',
  );
  const usual = choices.find((one) => at(summary[one], 0) > 0) ?? 'parameters';
  const measure: Drawn = choices.find((one) => one === metric) ?? usual;
  const root = useMemo(() => tree.find(scope), [tree, scope]);
  const whole = at(summary[measure], root);
  return (
    <>
      <div class="summary-filter">
        <Segments<Drawn>
          label="What areas stand for"
          options={choices.map((one) => [one, WORDS[one]] as const)}
          value={measure}
          onChange={(next) => go({ metric: next === usual ? '' : next }, { replace: true })}
        />
        <Way tree={tree} root={root} />
        <span class="muted map-total">
          {wordOf(measure, whole)}
          {root > 0 && `, ${formatShare(whole / (at(summary[measure], 0) || 1))} of all`}
          {measure === 'flops' && at(summary.unknown, root) > 0 && (
            <> · unknown for {formatQuantity(at(summary.unknown, root), 'node')}: without area</>
          )}
        </span>
      </div>
      {whole ? (
        <Picture tree={tree} root={root} measure={measure} />
      ) : (
        <div class="empty">
          <p>
            {measure === 'flops' && at(summary.unknown, root)
              ? 'No operations are known here.'
              : `Nothing here has ${measure === 'flops' ? 'operations' : 'parameters'}.`}
          </p>
        </div>
      )}
    </>
  );
}

/** From all of the graph to what is seen. */
function Way({ tree, root }: { tree: ScopeTree; root: number }) {
  return (
    <nav class="map-way" aria-label="Scope of the map">
      <button type="button" class="link" disabled={!root} onClick={() => zoomTo(tree, 0)}>
        All
      </button>
      {tree.around(root).map((row) => (
        <span key={row}>
          <Icon name="right" />
          <button
            type="button"
            class="link"
            disabled={row === root}
            title={visibleName(tree.path(row))}
            onClick={() => zoomTo(tree, row)}
          >
            {visibleName(tree.summary.label[row] ?? '')}
          </button>
        </span>
      ))}
    </nav>
  );
}

function zoomTo(tree: ScopeTree, row: number) {
  go({ scope: tree.path(row), node: '' });
}

interface PictureProps {
  tree: ScopeTree;
  root: number;
  measure: Drawn;
}

function Picture({ tree, root, measure }: PictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const size = useSignal({ wide: 0, tall: 0 });
  const current = useSignal(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const { clientWidth: wide, clientHeight: tall } = element;
      if (wide && tall) size.value = { wide, tall };
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { wide, tall } = size.value;
  const tiles = useMemo(
    () => (wide ? layMap(tree, root, measure, { x: 0, y: 0, wide, tall }) : []),
    [tree, root, measure, wide, tall],
  );
  const stops = tiles.filter(({ row }) => row >= 0);
  const place = Math.min(current.value, stops.length - 1);
  const open = (tile: Tile) => {
    current.value = 0;
    if (tree.rowsIn(tile.row).length) zoomTo(tree, tile.row);
    else go(pictureOf(tree, tile.row));
  };
  const move = (to: number) => {
    current.value = Math.max(0, Math.min(to, stops.length - 1));
    box.current?.querySelectorAll('button')[current.value]?.focus();
  };
  return (
    <div
      ref={box}
      class="map"
      role="group"
      aria-label={`Map of scopes by ${WORDS[measure]}; Scopes has them as a table`}
      onKeyDown={(event) => {
        if (event.key === 'ArrowRight' || event.key === 'ArrowDown') move(place + 1);
        else if (event.key === 'ArrowLeft' || event.key === 'ArrowUp') move(place - 1);
        else if (event.key === 'Home') move(0);
        else if (event.key === 'End') move(stops.length - 1);
        else if ((event.key === 'Escape' || event.key === 'Backspace') && root) {
          zoomTo(tree, tree.around(root).at(-2) ?? 0);
        } else return;
        event.preventDefault();
      }}
    >
      {tiles.map((tile) => (
        <Area
          key={tile.key}
          tile={tile}
          tree={tree}
          measure={measure}
          root={root}
          isStop={tile === stops[place]}
          onOpen={open}
        />
      ))}
    </div>
  );
}

interface AreaProps extends PictureProps {
  tile: Tile;
  isStop: boolean;
  onOpen: (tile: Tile) => void;
}

function Area({ tile, tree, root, measure, isStop, onOpen }: AreaProps) {
  const { x, y, wide, tall, row, amount, isGroup } = tile;
  const share = amount / (at(tree.summary[measure], root) || 1);
  const word = wordOf(measure, amount);
  const isNamed = wide > 34 && tall > 15;
  const style = {
    left: `${x}px`,
    top: `${y}px`,
    width: `${wide}px`,
    height: `${tall}px`,
    padding: isNamed ? undefined : 0,
    '--share': `${Math.round(8 + 42 * Math.sqrt(share))}%`,
  };
  const text = (
    <>
      {isNamed && <span class="map-name">{visibleName(tile.label)}</span>}
      {(isGroup ? wide > 190 : wide > 84 && tall > 34) && <span class="map-word">{word}</span>}
    </>
  );
  const said = `${visibleName(tile.label)}: ${word}, ${formatShare(share)}`;
  if (row < 0) {
    return (
      <div class="map-tile rest" style={style} title={said}>
        {text}
      </div>
    );
  }
  return (
    <button
      type="button"
      class={`map-tile ${isGroup ? 'group' : ''}`}
      style={style}
      tabIndex={isStop ? 0 : -1}
      title={`${visibleName(tree.path(row))}: ${word}, ${formatShare(share)}`}
      aria-label={isNamed ? undefined : said}
      onClick={() => onOpen(tile)}
    >
      {text}
    </button>
  );
}

function wordOf(measure: Measure, amount: number): string {
  if (measure === 'nbytes') return formatBytes(amount);
  const word = measure === 'flops' ? 'FLOPs' : 'parameters';
  return `${amount < 10_000 ? formatCount(amount) : formatShort(amount)} ${word}`;
}
