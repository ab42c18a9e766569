import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Sides } from '../../api/client';
import type { DiffPayload } from '../../api/types';
import { neighboursOf } from '../../model/artifacts';
import { asHeading, PairTable } from '../../model/diff';
import { formatCount, visibleName } from '../../model/format';
import { api, artifacts, go, homeRoute, reloads, route, shown, useAnswer } from '../../state';
import { Segments } from '../../ui/Chips';
import { Note } from '../../ui/Note';
import { adoptStyles } from '../../ui/styles';
import { Problem, ViewLink } from '../parts';
import '../weights/weights'; // Its parts and styles are used: so both are one chunk.
import css from './compare.css?inline';
import { DiffFeed } from './feed';
import { Head } from './Head';
import { Structure } from './Structure';
import { Known, Summary } from './Summary';
import { Tensors } from './Tensors';

adoptStyles(css);

/** Where two artifacts differ: the one of `with` before, the one of `id` after. */
export default function Compare() {
  const { id, with: other } = route.value;
  const rows = artifacts.value.value?.artifacts;
  const after = rows?.find((row) => row.id === id);
  const previous = after && neighboursOf(rows ?? [], after).previous?.id;
  useEffect(() => {
    if (!other && previous) go({ with: previous }, { replace: true });
  }, [other, previous]);
  return (
    <div class="compare">
      <Head />
      {!rows && <p class="waiting">Asking TensorBoard for the artifacts…</p>}
      {rows && (other === id || !(other || previous)) && <Choose isSame={other === id} />}
      {rows && other && other !== id && <Compared sides={{ before: other, after: id }} />}
    </div>
  );
}

function Choose({ isSame }: { isSame: boolean }) {
  return (
    <div class="empty">
      <h2 class="headline">
        {isSame ? 'The same artifact on both sides' : 'Choose what to compare it with'}
      </h2>
      <p>
        Above: any two artifacts can be compared, of any formats. Checkpoints of one run or of two,
        or a checkpoint with the model that was exported from it.
      </p>
    </div>
  );
}

function Compared({ sides }: { sides: Sides }) {
  const all = route.value.all === '1';
  const key = `${sides.before} ${sides.after}`;
  const { value, error, retry } = useAnswer(`${key} ${all}`, (client, signal) =>
    client.diff(sides, all, signal),
  );
  // With more of the same or less, the page stays while it is asked for.
  const last = useRef<{ key: string; value: DiffPayload } | null>(null);
  if (value) last.current = { key, value };
  const payload = value ?? (!error && last.current?.key === key ? last.current.value : undefined);
  if (payload) return <Loaded key={key} payload={payload} sides={sides} onOther={retry} />;
  if (!error) return <p class="waiting">Comparing…</p>;
  return (
    <div class="page-notes">
      <Problem error={error} what="These two cannot be compared" onRetry={retry} />
      <p class="after-note">
        <ViewLink to={homeRoute.value}>All artifacts</ViewLink>
      </p>
    </div>
  );
}

function Loaded(props: { payload: DiffPayload; sides: Sides; onOther: () => void }) {
  const { payload, sides, onOther } = props;
  const table = useMemo(() => new PairTable(payload.pairs), [payload]);
  const feed = useFeed(payload, sides, table, onOther);
  if (payload.before.error || payload.after.error) return <Unopened payload={payload} />;
  void feed.order.value; // Counts follow what comes.
  const part = payload.parts.find(({ name }) => name === route.value.part);
  return (
    <>
      <Summary payload={payload} table={table} feed={feed} />
      <div class="compare-parts">
        <Parts payload={payload} differing={table.countDifferent()} />
        <Known payload={payload} table={table} feed={feed} />
      </div>
      {part ? (
        <Structure part={part} />
      ) : (
        <Tensors payload={payload} sides={sides} table={table} feed={feed} />
      )}
    </>
  );
}

function useFeed(payload: DiffPayload, sides: Sides, table: PairTable, onOther: () => void) {
  const feed = useMemo(
    () => new DiffFeed(api(), sides, table, payload.layout, () => shown.value, onOther),
    [table],
  );
  useEffect(() => () => feed.close(), [feed]);
  useEffect(() => {
    if (payload.layout) void feed.act('glance');
  }, [feed, reloads.value]);
  return feed;
}

function Unopened({ payload }: { payload: DiffPayload }) {
  return (
    <div class="page-notes">
      {(['before', 'after'] as const).map((name) => {
        const { error, id } = payload[name];
        return (
          error && (
            <Note
              key={name}
              tone="bad"
              title={`The one ${name} cannot be opened`}
              copy={`${error.type}: ${error.message}`}
            >
              {visibleName(error.message)}{' '}
              <ViewLink to={{ page: 'model', id }} class="underlined">
                What is known of it
              </ViewLink>
            </Note>
          )
        );
      })}
    </div>
  );
}

/** Sections with how much differs in each; of one that is not compared a dash. */
function Parts({ payload, differing }: { payload: DiffPayload; differing: number }) {
  const tensors = { name: '', title: 'Tensors', count: formatCount(differing) };
  const others = payload.parts.map(({ name, skipped, count }) => {
    return { name, title: asHeading(name), count: skipped ? '–' : formatCount(count) };
  });
  return (
    <Segments
      label="Section"
      options={[tensors, ...others].map(({ name, title, count }) => [
        name,
        <>
          {title} <span class="muted">{count}</span>
        </>,
      ])}
      value={route.value.part}
      onChange={(part) => go({ part, tensor: '', at: '' })}
    />
  );
}
