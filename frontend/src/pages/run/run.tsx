import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../../api/client';
import type {
  ArtifactPayload,
  MetaGraphPayload,
  RunFormPayload,
  SignaturePayload,
} from '../../api/types';
import { beginDraft, type Draft, encodeInputs, problemOf, waysOf } from '../../model/calls';
import { visibleName } from '../../model/format';
import { api, go, homeRoute, route, status, useAnswer } from '../../state';
import { announce } from '../../ui/announce';
import { Icon } from '../../ui/Icon';
import { Split } from '../../ui/Split';
import { adoptStyles } from '../../ui/styles';
import { Problem, ViewLink } from '../parts';
import '../weights/weights'; // Its tables of values are used, with their styles.
import { Answer } from './Answer';
import { Field } from './Field';
import { History } from './History';
import { Off } from './Off';
import css from './run.css?inline';
import { draftsOf, formKey, useCall } from './session';

adoptStyles(css);

/** A signature to be called, and what it answers. */
export default function Run() {
  const { id } = route.value;
  const { value, error, retry } = useAnswer(id, (client, signal) => client.artifact(id, signal));
  if (error && !value) {
    return (
      <div class="page-notes">
        <Problem error={error} what="This model cannot be shown" onRetry={retry} />
        <p class="after-note">
          <ViewLink to={homeRoute.value}>All artifacts</ViewLink>
        </p>
      </div>
    );
  }
  if (!value || !status.value) return <p class="waiting">Reading the signatures…</p>;
  const own = value.meta_graphs.flatMap((graph) =>
    graph.signatures.filter((one) => !one.internal).map((signature) => ({ graph, signature })),
  );
  if (value.error || value.artifact.kind !== 'saved_model' || !own.length) {
    return <Nothing payload={value} />;
  }
  const chosen = choose(own);
  if (!status.value.allow_run) return <Off payload={value} chosen={chosen} />;
  return <Callable key={formKey(id, chosen)} payload={value} own={own} chosen={chosen} />;
}

export interface Choice {
  graph: MetaGraphPayload;
  signature: SignaturePayload;
}

/** The signature that the address names, else the usual one, else the first. */
function choose(own: readonly Choice[]): Choice {
  const { signature, tags } = route.value;
  const ofTags = own.filter(({ graph }) => !tags || graph.tags.join() === tags);
  const among = ofTags.length ? ofTags : own;
  const named = (key: string) => among.find((one) => one.signature.key === key);
  return named(signature) ?? named('serving_default') ?? (among[0] as Choice);
}

/** Why there is nothing to call, and what to do about it. */
function Nothing({ payload }: { payload: ArtifactPayload }) {
  const isModel = payload.artifact.kind === 'saved_model';
  return (
    <div class="empty">
      <h2 class="headline">Nothing to call</h2>
      <p>
        {payload.error
          ? payload.error.message
          : isModel
            ? 'This SavedModel has no signature: save it with signatures=…, or export it with model.export.'
            : 'Only a SavedModel can be called. A checkpoint or a weight file holds values, not the program that uses them.'}
      </p>
      <ViewLink to={{ page: 'model', id: payload.artifact.id }}>What is known of it</ViewLink>
    </div>
  );
}

function Callable(props: { payload: ArtifactPayload; own: readonly Choice[]; chosen: Choice }) {
  const { payload, chosen } = props;
  const { id } = payload.artifact;
  const { key } = chosen.signature;
  const tags = chosen.graph.tags.join();
  const form = useAnswer(`${id} ${tags} ${key}`, (client, signal) =>
    client.runForm(id, tags, key, signal),
  );
  const call = useCall(id);
  return (
    <Split
      memory="run"
      label="Width of the answer"
      usual={Math.round(innerWidth * 0.5)}
      main={
        <div class="run-form">
          <Head {...props} />
          {form.error && (
            <Problem error={form.error} what="The inputs cannot be told" onRetry={form.retry} />
          )}
          {form.value ? (
            <Form {...props} form={form.value} call={call} />
          ) : (
            !form.error && <p class="muted">Looking at the inputs…</p>
          )}
        </div>
      }
      side={
        <div class="run-side">
          <Answer {...props} call={call} />
          <History id={id} call={call} />
        </div>
      }
    />
  );
}

function Head({
  payload,
  own,
  chosen,
}: {
  payload: ArtifactPayload;
  own: readonly Choice[];
  chosen: Choice;
}) {
  const several = payload.meta_graphs.length > 1;
  return (
    <div class="run-head">
      <h2>Call</h2>
      <select
        class="field run-signature"
        aria-label="Signature"
        title={chosen.signature.key}
        value={String(own.indexOf(chosen))}
        onChange={(event) => {
          const next = own[Number(event.currentTarget.value)];
          if (next)
            go({ signature: next.signature.key, tags: several ? next.graph.tags.join() : '' });
        }}
      >
        {own.map(({ graph, signature }, index) => (
          <option key={index} value={String(index)}>
            {visibleName(signature.key)}
            {several && ` (${graph.tags.join(', ')})`}
          </option>
        ))}
      </select>
    </div>
  );
}

function Form(props: {
  payload: ArtifactPayload;
  chosen: Choice;
  form: RunFormPayload;
  call: ReturnType<typeof useCall>;
}) {
  const { payload, chosen, form, call } = props;
  const drafts = draftsOf(formKey(payload.artifact.id, chosen), form.inputs.length, () =>
    form.inputs.map(beginDraft),
  );
  const error = useSignal<ApiError | undefined>(undefined);
  const tried = useSignal(false);
  const busy = useSignal(false);
  const problems = form.inputs.map((input, index) => {
    const draft = drafts.value[index];
    return draft ? problemOf(input, draft) : '';
  });
  const isImpossible = form.inputs.some((input) => !waysOf(input).length);
  const isStuck = problems.some(Boolean);
  const change = (index: number, next: Partial<Draft>) => {
    drafts.value = drafts.value.map((draft, at) => (at === index ? { ...draft, ...next } : draft));
  };
  const run = async () => {
    tried.value = true;
    if (isStuck || busy.value) return;
    busy.value = true;
    error.value = undefined;
    try {
      const inputs = encodeInputs(form.inputs, drafts.value);
      const tags = chosen.graph.tags.join();
      const answer = await api().run(payload.artifact.id, tags, chosen.signature.key, inputs);
      call.begin(
        answer,
        new Map(form.inputs.map(({ key }, at) => [key, drafts.value[at] as Draft])),
      );
    } catch (caught) {
      error.value =
        caught instanceof ApiError ? caught : new ApiError('Unexpected', String(caught));
    }
    busy.value = false;
  };
  useEffect(() => {
    if (error.value) announce(error.value.message);
  }, [error.value]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Batch form={form} drafts={drafts.value} onChange={(next) => (drafts.value = next)} />
      {form.inputs.length === 0 && <p class="muted">It takes no inputs.</p>}
      {form.inputs.map((input, index) => (
        <Field
          key={input.key}
          input={input}
          draft={drafts.value[index] as Draft}
          problem={tried.value ? (problems[index] ?? '') : ''}
          onChange={(next) => change(index, next)}
        />
      ))}
      {error.value && <Problem error={error.value} what="It was not called" />}
      <div class="run-go">
        <button type="submit" class="plain primary" disabled={busy.value || isImpossible}>
          <Icon name="play" />
          Run
        </button>
        {tried.value && isStuck ? (
          <span class="bad" role="alert">
            Something is missing above.
          </span>
        ) : (
          <span class="muted">In a process of its own, on the machine that runs TensorBoard</span>
        )}
      </div>
    </form>
  );
}

/** One size for the first axis of all inputs that leave it open. */
function Batch(props: {
  form: RunFormPayload;
  drafts: readonly Draft[];
  onChange: (drafts: Draft[]) => void;
}) {
  const { form, drafts } = props;
  const open = form.inputs.flatMap(({ shape }, at) => (shape?.[0] === null ? [at] : []));
  const sizes = new Set(open.map((at) => drafts[at]?.sizes[0]));
  if (open.length < 2) return null;
  return (
    <label class="run-batch">
      <span class="muted">Batch size of all inputs</span>
      <input
        class="field number"
        type="number"
        min={0}
        max={100_000}
        value={sizes.size === 1 ? [...sizes][0] : ''}
        placeholder="several"
        onInput={(event) => {
          const size = Number(event.currentTarget.value);
          if (!Number.isInteger(size) || size < 0) return;
          props.onChange(
            drafts.map((draft, at) =>
              open.includes(at) ? { ...draft, sizes: [size, ...draft.sizes.slice(1)] } : draft,
            ),
          );
        }}
      />
    </label>
  );
}
