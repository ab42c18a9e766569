import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../../api/client';
import type { ArtifactRow } from '../../api/types';
import { fitsAnswers, suggestAnswers } from '../../model/answers';
import { api, artifact, artifacts, go, route } from '../../state';
import { announce } from '../../ui/announce';
import { Icon } from '../../ui/Icon';
import { Picker } from '../Picker';
import { Problem, ViewLink } from '../parts';
import { type Call, draftsBehind, isFinal } from './session';

/** What stands in the field; it stays while one looks at other pages. */
let tolerances = '';

/** What an answer is to be compared with. The address holds the choice, and begins nothing. */
export function Versus({ call }: { call: Call }) {
  const { with: other, values } = route.value;
  const { now } = call;
  const tolerance = useSignal(tolerances);
  const busy = useSignal(false);
  const error = useSignal<ApiError | undefined>(undefined);
  const row = artifact.value;
  const suggested = row ? suggestAnswers(artifacts.value.value?.artifacts ?? [], row) : [];
  const isReady = now !== undefined && isFinal(now.call.state);
  const compare = async () => {
    if (!now || !isReady || !other || busy.value) return;
    busy.value = true;
    error.value = undefined;
    const earlier = now.call.call;
    try {
      const answer = await api().compareCall(earlier, other, values, tolerance.value.trim());
      call.begin(answer, draftsBehind(earlier));
    } catch (caught) {
      const isKnown = caught instanceof ApiError;
      error.value = isKnown ? caught : new ApiError('Unexpected', String(caught));
      announce(error.value.message);
    }
    busy.value = false;
  };
  useEffect(() => {
    error.value = undefined;
  }, [other, values]);
  return (
    <form
      class="run-versus"
      aria-label="What to compare with"
      onSubmit={(event) => {
        event.preventDefault();
        void compare();
      }}
    >
      <Picker
        label="Other side: a model, or a checkpoint for this one"
        value={other}
        suggested={suggested}
        fits={fitsAnswers}
        onPick={(id) => go({ with: id }, { replace: true })}
      />
      <div class="run-values">
        <Picker
          label="This side with the values of"
          value={values}
          none="its own variables"
          suggested={suggested.filter(({ id }) => !isModel(id))}
          fits={(one) => fitsAnswers(one) && one.id !== row?.id}
          onPick={(id) => go({ values: id }, { replace: true })}
        />
        {values && (
          <button
            type="button"
            class="plain square"
            title="With the values of its own variables"
            aria-label="With the values of its own variables"
            onClick={() => go({ values: '' }, { replace: true })}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
      {error.value && (
        <>
          <Problem error={error.value} what="Nothing was called" />
          <p class="muted">
            <ViewLink to={restoreOf(row, other, values)} class="underlined">
              Restore
            </ViewLink>{' '}
            says what of a checkpoint fits into a model.
          </p>
        </>
      )}
      <div class="run-numbers">
        <button type="submit" class="plain outlined" disabled={!isReady || !other || busy.value}>
          <Icon name="swap" />
          Compare
        </button>
        <label class="run-number">
          <span
            class="muted"
            title="Part of a tensor's largest absolute value by which its numbers may differ"
          >
            Relative tolerance
          </span>
          <input
            class="field number"
            placeholder="0"
            value={tolerance.value}
            onInput={(event) => {
              tolerances = tolerance.value = event.currentTarget.value;
            }}
          />
        </label>
        <span class="muted">
          {isReady ? 'Both get the inputs of this call' : 'Run it first: both sides get its inputs'}
        </span>
      </div>
    </form>
  );
}

function isModel(id: string): boolean {
  const rows = artifacts.value.value?.artifacts ?? [];
  return rows.find((one) => one.id === id)?.kind === 'saved_model';
}

/** The page that tells why a checkpoint does not fit. */
function restoreOf(row: ArtifactRow | undefined, other: string, values: string) {
  return {
    page: 'restore',
    id: isModel(other) ? values || other : other,
    with: row?.id ?? '',
  } as const;
}
