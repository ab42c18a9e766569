import { neighboursOf } from '../../model/artifacts';
import { suggestSides } from '../../model/sides';
import { artifacts, go, route, status } from '../../state';
import { Icon } from '../../ui/Icon';
import { Picker } from '../Picker';
import { ViewLink } from '../parts';

/** What the artifact of an id may be compared with. */
function suggestionsFor(id: string) {
  const rows = artifacts.value.value?.artifacts ?? [];
  const row = rows.find((one) => one.id === id);
  return row ? suggestSides(rows, row) : [];
}

/** The two that are compared, and the ways to others. */
export function Head() {
  const { id, with: other } = route.value;
  return (
    <div class="compare-head">
      <Picker
        label="Before"
        value={other}
        suggested={suggestionsFor(id)}
        onPick={(picked) => showOthers({ with: picked })}
      />
      <button
        type="button"
        class="plain outlined"
        title="Swap the two"
        aria-label="Swap the two"
        disabled={!other}
        onClick={() => showOthers({ id: other, with: id })}
      >
        <Icon name="swap" />
      </button>
      <Picker
        label="After"
        value={id}
        suggested={suggestionsFor(other)}
        onPick={(picked) => showOthers({ id: picked })}
      />
      <Steps />
      <Answers />
    </div>
  );
}

/** What both answer to the same inputs, where one of them can be called. */
function Answers() {
  const { id, with: other } = route.value;
  const isModel = (one: string) =>
    artifacts.value.value?.artifacts.find((row) => row.id === one)?.kind === 'saved_model';
  const model = isModel(other) ? other : id;
  if (!status.value?.allow_run || !other || !isModel(model)) return null;
  return (
    <ViewLink
      to={{ page: 'run', id: model, with: model === id ? other : id }}
      class="plain outlined"
      title="What both answer to the same inputs"
    >
      Their answers
    </ViewLink>
  );
}

/** The same view of other artifacts; the slice was of a tensor that they may not have. */
function showOthers(to: { id?: string; with?: string }) {
  go({ ...to, slice: '', axes: '', range: '' });
}

/** Ways along the series of the one after: to the one before it, and on to the next. */
function Steps() {
  const { id, with: other } = route.value;
  const rows = artifacts.value.value?.artifacts ?? [];
  const row = rows.find((one) => one.id === id);
  if (!row) return null;
  const { previous, next, count } = neighboursOf(rows, row);
  if (count < 2) return null;
  const button = (word: string, title: string, to: { id?: string; with?: string } | undefined) => (
    <button
      type="button"
      class="plain outlined"
      title={title}
      disabled={!to}
      onClick={() => to && showOthers(to)}
    >
      {word}
    </button>
  );
  return (
    <>
      {button(
        'Previous checkpoint',
        'Compare with the checkpoint before it',
        previous && previous.id !== other ? { with: previous.id } : undefined,
      )}
      {button(
        'Next',
        'Compare the next checkpoint with this one',
        next && { with: id, id: next.id },
      )}
    </>
  );
}
