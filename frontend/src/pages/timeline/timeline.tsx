import { useEffect, useMemo, useRef } from 'preact/hooks';
import { chooseHyperparameters, listCheckpoints } from '../../model/checkpoints';
import { chooseRoles, listLines } from '../../model/lines';
import { splitList } from '../../model/lists';
import { pointsOf } from '../../model/scalars';
import type { SeriesTable } from '../../model/timeline';
import { readSet } from '../../routes';
import { artifacts, homeRoute, refreshArtifacts, route, shown } from '../../state';
import { announce } from '../../ui/announce';
import { Split } from '../../ui/Split';
import { adoptStyles } from '../../ui/styles';
import { Problem, ViewLink } from '../parts';
import { Charts } from './Charts';
import { Controls } from './Controls';
import { Head } from './Head';
import { LineList } from './LineList';
import { Lower } from './Lower';
import { Messages } from './Messages';
import { useScalars } from './scalars';
import { type SeriesSource, useSources } from './source';
import css from './timeline.css?inline';
import {
  assignLooks,
  describeSelection,
  hovered,
  type Memory,
  namesOf,
  readSettings,
  type Shown,
  zoom,
} from './view';

adoptStyles(css);

/** The checkpoints of a series, and of others laid over it, on the axis of steps. */
export default function Timeline() {
  const { value, error } = artifacts.value;
  if (!value && !error) return <p class="waiting">Asking TensorBoard for the artifacts…</p>;
  return <Sources />;
}

function Sources() {
  const { id, runs } = route.value;
  const laid = splitList(runs);
  const sources = useSources(laid.length ? [...laid, id] : [id]);
  const first = sources.find((source) => source.state.value.table) ?? sources[0];
  if (first?.state.value.table) return <Loaded sources={sources} />;
  const error = first?.state.value.error;
  if (!error) return <p class="waiting">Opening the checkpoints of the series…</p>;
  return (
    <div class="page-notes">
      <Problem error={error} what="The timeline cannot be shown" onRetry={first?.look} />
      <p class="after-note">
        <ViewLink to={{ page: 'model', id }}>What is known of this artifact</ViewLink>
        {' · '}
        <ViewLink to={homeRoute.value}>All artifacts</ViewLink>
      </p>
    </div>
  );
}

function Loaded({ sources }: { sources: readonly SeriesSource[] }) {
  const settings = readSettings();
  const scalar = useScalars(sources);
  const shownSeries = useShown(sources);
  const memory = useRef<Memory>({ slots: new Map(), usual: { of: '', keys: [] } });
  const { keys, drawn } = assignLooks(shownSeries, settings, memory.current);
  const selection = describeSelection(shownSeries, scalar?.name);
  useEffect(() => {
    // The map says more of it.
    if (selection && route.peek().view !== 'map') announce(selection);
  }, [selection]);
  useSearchForNew();
  useEffect(() => {
    zoom.value = null;
    hovered.value = null;
  }, []);
  return (
    <div class="timeline">
      <Head shown={shownSeries} drawn={drawn} settings={settings} scalar={scalar} />
      <Messages shown={shownSeries} />
      <Controls shown={shownSeries} settings={settings} />
      <Split
        memory="timeline"
        label="Width of the list of lines"
        usual={Math.round(innerWidth * 0.3)}
        main={
          <div class="timeline-main">
            <Charts shown={shownSeries} drawn={drawn} settings={settings} scalar={scalar} />
            <Lower shown={shownSeries} settings={settings} scalar={scalar} />
          </div>
        }
        side={<LineList shown={shownSeries} drawn={drawn} keys={keys} settings={settings} />}
      />
    </div>
  );
}

/** The series with their lines and rows; each is calculated anew only where it changed. */
function useShown(sources: readonly SeriesSource[]): Shown[] {
  const { metric, grouping } = readSettings();
  const tables = sources.flatMap((source) => source.state.value.table ?? []);
  const points = sources.map((source) => source.scalars.state.value.data);
  const { role } = route.value;
  const there = sources.filter((source) => source.state.value.table);
  const keys = [...tables, ...points];
  const rows = useMemo(() => {
    const hyperparameters = chooseHyperparameters(tables);
    return there.map((source, series) => {
      const table = tables[series] as SeriesTable;
      const roles = role ? readSet(role) : new Set(chooseRoles(table.roles(), 'all'));
      const tensors = table.groups('all', roles)[0]?.tensors ?? [];
      const scalars = source.scalars.state.value.data;
      const values = scalars ? pointsOf(scalars) : new Map();
      const list = listCheckpoints(series, table, tensors, values, hyperparameters);
      return { rows: list, hyperparameters, scalars };
    });
  }, [...keys, role]);
  return useMemo(() => {
    const names = namesOf(tables);
    return there.flatMap((source, series) => {
      const [table, own] = [tables[series], rows[series]];
      if (!table || !own) return [];
      const roles = role ? readSet(role) : new Set(chooseRoles(table.roles(), grouping));
      const lines = listLines(table, metric, grouping, roles).map(
        (line) => [line.key, line] as const,
      );
      return [{ source, table, name: names[series] ?? '', roles, lines: new Map(lines), ...own }];
    });
  }, [rows, metric, grouping]);
}

const SEARCH_MS = 15_000;
/** At most so much of the server's time goes into searching. */
const SEARCH_SHARE = 0.03;

/** While somebody looks, the logdir is searched now and then: training may save more. */
function useSearchForNew() {
  const elapsed_s = artifacts.value.value?.scan.elapsed_s ?? 0;
  const wait_ms = Math.max(SEARCH_MS, (elapsed_s * 1000) / SEARCH_SHARE);
  useEffect(() => {
    const timer = setInterval(() => {
      if (shown.peek()) void refreshArtifacts({ rescan: true });
    }, wait_ms);
    return () => clearInterval(timer);
  }, [Math.round(wait_ms / SEARCH_MS)]);
}
