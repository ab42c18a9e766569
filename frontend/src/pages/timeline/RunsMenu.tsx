import { useSignal } from '@preact/signals';
import type { ArtifactRow } from '../../api/types';
import { formatCount, naturalKey, visibleName } from '../../model/format';
import { joinList } from '../../model/lists';
import { artifacts, go } from '../../state';
import { Menu } from '../../ui/Menu';
import { COLOURS } from '../../ui/palette';
import { type Shown, takeOut } from './view';

/** Series that are listed at a time; a search finds the others. */
const MOST = 60;

/** Lays other series of the logdir over this one. */
export function RunsMenu({ shown }: { shown: readonly Shown[] }) {
  const search = useSignal('');
  const all = listSeries(artifacts.value.value?.artifacts ?? [], shown);
  if (all.length < 2) return null;
  const text = search.value.toLowerCase();
  const found = all.filter((one) => one.path.toLowerCase().includes(text));
  const isFull = shown.length >= COLOURS;
  return (
    <Menu word="Overlay" label="Series of the logdir">
      {all.length > 10 && (
        <input
          type="text"
          class="field"
          aria-label="Search the series"
          placeholder="Search the series"
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value;
          }}
        />
      )}
      <ul class="runs">
        {found.slice(0, MOST).map((one) => {
          const there = shown.find(({ source }) => source.series === one.series);
          return (
            <li key={one.series}>
              <label class="menu-choice" title={visibleName(one.path)}>
                <input
                  type="checkbox"
                  checked={there !== undefined}
                  disabled={there ? shown.length < 2 : isFull}
                  onChange={() => (there ? takeOut(shown, there) : putIn(shown, one.id))}
                />
                <span class="run-path">{visibleName(one.path)}</span>
                <span class="muted number">{formatCount(one.count)}</span>
              </label>
            </li>
          );
        })}
      </ul>
      {found.length > MOST && (
        <p class="muted">{formatCount(found.length - MOST)} more: search for them.</p>
      )}
      {isFull && <p class="muted">No more than {COLOURS} can be told apart.</p>}
    </Menu>
  );
}

interface Series {
  series: string;
  /** Of its newest checkpoint. */
  id: string;
  path: string;
  count: number;
}

/** All series; those of the base name of the ones shown first. */
function listSeries(rows: readonly ArtifactRow[], shown: readonly Shown[]): Series[] {
  const found = new Map<string, Series>();
  for (const row of rows) {
    if (row.series === null || row.kind !== 'checkpoint') continue;
    const count = (found.get(row.series)?.count ?? 0) + 1;
    found.set(row.series, { series: row.series, id: row.id, path: row.series, count });
  }
  const names = new Set(shown.map(({ table }) => table.payload.series.name));
  const rank = (one: Series) => {
    const isLike = names.has(one.path.slice(one.path.lastIndexOf('/') + 1));
    return (isLike ? '0' : '1') + naturalKey(one.path);
  };
  return [...found.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

function putIn(shown: readonly Shown[], id: string) {
  go({ runs: joinList([...shown.map(({ source }) => source.id), id]) });
}
