import { useEffect, useRef } from 'preact/hooks';
import type { ArtifactRow, RestorePayload } from '../../api/types';
import { visibleName } from '../../model/format';
import { askFor, explainSides, judge } from '../../model/restores';
import { suggestTargets } from '../../model/suggestions';
import { artifacts, go, route, useAnswer } from '../../state';
import { announce } from '../../ui/announce';
import { Note } from '../../ui/Note';
import { Split } from '../../ui/Split';
import { adoptStyles } from '../../ui/styles';
import { focusGrid } from '../../ui/VirtualGrid';
import { Name, Problem, ViewLink } from '../parts';
import { Advice } from './Advice';
import { Detail } from './Detail';
import { Pickers } from './Pickers';
import { Rows } from './Rows';
import css from './restore.css?inline';
import { Verdict } from './Verdict';

adoptStyles(css);

/** What restoring one artifact into another would do. */
export default function Restore() {
  const rows = artifacts.value.value?.artifacts;
  if (!rows) return <p class="waiting">Asking TensorBoard for the artifacts…</p>;
  const checkpoint = rows.find(({ id }) => id === route.value.id);
  const target = rows.find(({ id }) => id === route.value.with);
  return (
    <div class="restore">
      <Pickers rows={rows} checkpoint={checkpoint} target={target} />
      <Sides checkpoint={checkpoint} target={target} />
      {route.value.with ? (
        <Played broken={[checkpoint, target].some(isUnreadable)} />
      ) : (
        checkpoint && <Choose rows={rows} checkpoint={checkpoint} />
      )}
    </div>
  );
}

/** What cannot be opened needs no request: the list says why. */
function isUnreadable(row: ArtifactRow | undefined): boolean {
  return row?.state === 'broken' || row?.state === 'deleted';
}

/** What is to be known of the two before anything is compared. */
function Sides(props: { checkpoint: ArtifactRow | undefined; target: ArtifactRow | undefined }) {
  const { checkpoint, target } = props;
  const isSame = checkpoint !== undefined && checkpoint.id === target?.id;
  const told = explainSides(checkpoint?.kind ?? '', target?.kind ?? '');
  const unreadable = [
    ['The checkpoint', checkpoint],
    ['The target', target],
  ] as const;
  return (
    <div class="restore-notes">
      {unreadable.map(
        ([word, row]) =>
          row &&
          isUnreadable(row) && (
            <Note key={word} tone="bad" title={`${word} cannot be opened`} copy={row.reason ?? ''}>
              {visibleName(row.reason ?? '')}
              <p>
                <ViewLink to={{ page: 'model', id: row.id }}>What is known of it</ViewLink>
              </p>
            </Note>
          ),
      )}
      {told.map((text) => (
        <Note key={text} tone="warn">
          {text}
        </Note>
      ))}
      {isSame && (
        <Note tone="info">
          Both sides are the same artifact, which fits itself. Choose what else it would be restored
          into.
        </Note>
      )}
    </div>
  );
}

/** Nothing is chosen yet: what is likely meant is a click away. */
function Choose({ rows, checkpoint }: { rows: readonly ArtifactRow[]; checkpoint: ArtifactRow }) {
  const suggested = suggestTargets(rows, checkpoint);
  return (
    <div class="empty">
      <h2 class="headline">What would it be restored into?</h2>
      <p>
        Choose a model, or another checkpoint of it. What a restore would do with each variable is
        worked out without TensorFlow, and without reading weights.
      </p>
      {suggested.length > 0 && (
        <ul class="restore-choices">
          {suggested.map(({ id, why }) => (
            <li key={id}>
              <ViewLink to={{ page: 'restore', id: checkpoint.id, with: id }}>
                <Name name={rows.find((row) => row.id === id)?.path ?? ''} />
              </ViewLink>
              <span class="muted">{why}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The answer; while other rows of the same restore are on their way, the last one. */
function usePlayed() {
  const asked = askFor(route.value);
  const restore = JSON.stringify({ ...asked, status: '' });
  const answer = useAnswer(JSON.stringify(asked), (client, signal) =>
    client.restore(asked, signal),
  );
  const last = useRef<{ restore: string; value: RestorePayload } | null>(null);
  if (answer.value) last.current = { restore, value: answer.value };
  const kept = last.current?.restore === restore ? last.current.value : undefined;
  return { ...answer, value: answer.value ?? kept };
}

function Played({ broken }: { broken: boolean }) {
  const { value, error, retry } = usePlayed();
  const words = value && `${judge(value).word}. ${value.verdict}`;
  useEffect(() => {
    if (words) announce(words);
  }, [words]);
  useCloseOnEscape();
  if (broken) return null;
  if (!value) {
    const { id, with: into, method, option, attach } = route.value;
    if (!error) return <p class="waiting">Playing the restore through…</p>;
    return (
      <div class="page-notes">
        <Problem error={error} what="This restore cannot be played through" onRetry={retry} />
        {(method || option || attach) && (
          <ViewLink to={{ page: 'restore', id, with: into }}>With the usual options</ViewLink>
        )}
      </div>
    );
  }
  return (
    <>
      {error && (
        <Problem error={error} what="This is old: it could not be refreshed" onRetry={retry} />
      )}
      <Verdict payload={value} />
      <Split
        memory="restore"
        label="Width of the side"
        usual={Math.min(520, Math.round(innerWidth * 0.34))}
        main={<Rows payload={value} />}
        side={
          route.value.tensor ? (
            <Detail payload={value} onClose={closeDetail} />
          ) : (
            <Advice payload={value} />
          )
        }
      />
    </>
  );
}

function closeDetail() {
  go({ tensor: '' });
  focusGrid(document.querySelector('.restore'));
}

function useCloseOnEscape() {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || !route.peek().tensor) return;
      if (!document.querySelector('dialog[open]')) closeDetail();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
