import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { TimelineNotePayload } from '../../api/types';
import { formatCount, formatKind, formatQuantity, visibleName } from '../../model/format';
import { findNonfinite } from '../../model/timeline';
import { artifact } from '../../state';
import { Note } from '../../ui/Note';
import { Problem, ViewLink } from '../parts';
import { Reading } from './Reading';
import { nameOfRow, type Shown, select } from './view';

/** Of more only these are listed at first; one more would take no more room than a button. */
const MOST_NOTES = 2;

/** What a person should know first: NaN, what could not be read, and how reading stands. */
export function Messages({ shown }: { shown: readonly Shown[] }) {
  return (
    <div class="timeline-messages">
      {shown.map((series) => (
        <Messenger key={series.source.series} series={series} isOne={shown.length === 1} />
      ))}
    </div>
  );
}

function Messenger({ series, isOne }: { series: Shown; isOne: boolean }) {
  const { error, notes } = series.source.state.value;
  const all = [...series.table.payload.notes, ...notes];
  const problems = all.filter((note) => note.problem);
  const facts = all.filter((note) => !note.problem);
  const of = isOne ? '' : `${visibleName(series.name)}: `;
  return (
    <>
      {error && (
        <Problem
          error={error}
          what={`${of}This is old: it could not be refreshed`}
          onRetry={series.source.look}
        />
      )}
      <Nonfinite series={series} of={of} />
      {isOne && series.rows.length < 2 && <Lonely series={series} />}
      {problems.length > 0 && <Notes tone="warn" notes={problems} of={of} series={series} />}
      {facts.length > 0 && <Notes tone="info" notes={facts} of={of} series={series} />}
      <Reading series={series} of={of} />
    </>
  );
}

/** Where values first went bad, and the way to them. */
function Nonfinite({ series, of }: { series: Shown; of: string }) {
  const { table, rows } = series;
  const found = useMemo(() => findNonfinite(table), [table]);
  const row = found && rows[found.at];
  const first = found?.tensors[0];
  if (!found || !row || !first) return null;
  const { key, name } = table.payload.tensors;
  const others = found.tensors.length - 1;
  const words = visibleName(name[first.tensor] ?? '');
  const how = `${formatCount(first.nonfinite)} of ${formatQuantity(first.count, 'element')}`;
  return (
    <Note tone="bad" copy={`${of}NaN or infinite values since ${nameOfRow(row)}: ${words}, ${how}`}>
      {of}NaN or infinite values are first seen at{' '}
      <button type="button" class="link" onClick={() => select(row)}>
        {nameOfRow(row)}
      </button>
      , in{' '}
      {row.id === null ? (
        words
      ) : (
        <ViewLink to={{ page: 'weights', id: row.id, tensor: key[first.tensor] ?? '' }}>
          {words}
        </ViewLink>
      )}{' '}
      ({how}){others > 0 && ` and ${formatQuantity(others, 'other tensor')}`}.
    </Note>
  );
}

/** A series of one has no course: says what would give it one. */
function Lonely({ series }: { series: Shown }) {
  const { name } = series.table.payload.series;
  const { kind } = artifact.value ?? { kind: 'checkpoint' };
  if (kind !== 'checkpoint') {
    return (
      <Note tone="info" title={`A ${formatKind(kind)} has no timeline`}>
        Checkpoints have one: those of one folder and name, with a number at the end.
      </Note>
    );
  }
  const first = name.replace(/-?\d*$/, '');
  return (
    <Note tone="info" title="One checkpoint has no timeline yet">
      More appear here by themselves as training saves them beside it under the same name (
      <code>{visibleName(first)}-1</code>, <code>{visibleName(first)}-2</code>, …), as{' '}
      <code>tf.train.CheckpointManager</code> and <code>tf.compat.v1.train.Saver</code> do.
    </Note>
  );
}

function Notes(props: {
  tone: 'warn' | 'info';
  notes: readonly TimelineNotePayload[];
  of: string;
  series: Shown;
}) {
  const { notes, series } = props;
  const all = useSignal(false);
  const isLong = notes.length > MOST_NOTES + 1;
  const some = all.value || !isLong ? notes : notes.slice(0, MOST_NOTES);
  return (
    <Note tone={props.tone} copy={notes.map((note) => note.message).join('\n')}>
      <ul class={all.value ? 'timeline-notes' : ''}>
        {some.map((note) => {
          const row = series.rows[note.checkpoint ?? -1];
          return (
            <li key={note.message}>
              {props.of}
              {row && (
                <button type="button" class="link" onClick={() => select(row)}>
                  {nameOfRow(row)}
                </button>
              )}
              {row && ': '}
              {visibleName(note.message)}
            </li>
          );
        })}
      </ul>
      {isLong && (
        <button
          type="button"
          class="link"
          onClick={() => {
            all.value = !all.value;
          }}
        >
          {all.value ? 'Show fewer' : `Show all ${formatCount(notes.length)}`}
        </button>
      )}
    </Note>
  );
}
