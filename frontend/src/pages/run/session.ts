import { type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../../api/client';
import type {
  MetaGraphPayload,
  RunAnswerPayload,
  RunCallPayload,
  SignaturePayload,
} from '../../api/types';
import type { Draft } from '../../model/calls';
import { formatQuantity } from '../../model/format';
import { api, go, shown } from '../../state';

/** What belongs to this session of the page, and to no address. */

const drafts = new Map<string, Signal<Draft[]>>();
/** The call that is shown of each model. */
const current = new Map<string, Signal<Followed>>();
interface Followed {
  now: RunAnswerPayload | undefined;
  error: ApiError | undefined;
}

const filledIn = new Map<string, ReadonlyMap<string, Draft>>();
/** Goes up when a call began or ended: then there is another list of them. */
export const changes = signal(0);

const POLL_MS = 250;
const FINAL = ['done', 'failed', 'cancelled'];

export function isFinal(state: string): boolean {
  return FINAL.includes(state);
}

export function formKey(
  id: string,
  chosen: { graph: MetaGraphPayload; signature: SignaturePayload },
): string {
  return `${id} ${chosen.graph.tags} ${chosen.signature.key}`;
}

/**
 * What stands in the fields of a form; it stays when one goes to another page and comes back, unless
 * the model has other inputs by then.
 */
export function draftsOf(key: string, count: number, begin: () => Draft[]): Signal<Draft[]> {
  let known = drafts.get(key);
  if (known?.peek().length !== count) {
    known = signal(begin());
    drafts.set(key, known);
  }
  return known;
}

/** With what a call was made, if that was here. */
export function draftsBehind(call: string): ReadonlyMap<string, Draft> {
  return filledIn.get(call) ?? new Map();
}

/** Puts the inputs of an earlier call into the form again. */
export function fillIn(id: string, call: RunCallPayload, several: boolean) {
  const key = `${id} ${call.tags} ${call.signature}`;
  const given = [...draftsBehind(call.call).values()];
  draftsOf(key, given.length, () => given).value = given;
  go({ signature: call.signature, tags: several ? call.tags.join() : '' });
}

const STATES: Record<string, string> = {
  starting: 'Starting TensorFlow',
  loading: 'Loading the model',
  restoring: 'Restoring values',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export function describeState({ call, comparison }: RunAnswerPayload): string {
  const word = STATES[call.state] ?? call.state;
  if (comparison?.at) return `${word}, side ${comparison.at === 'left' ? 1 : 2} of 2`;
  if (call.state !== 'queued') return word;
  return call.ahead ? `${formatQuantity(call.ahead, 'call')} before this one` : 'Next';
}

export interface Call {
  now: RunAnswerPayload | undefined;
  error: ApiError | undefined;
  begin: (answer: RunAnswerPayload, drafts: ReadonlyMap<string, Draft>) => void;
  show: (call: string) => void;
  /** Begins an earlier call again, to look inside. */
  again: (asked: Promise<RunAnswerPayload>, earlier: string) => void;
  cancel: () => void;
}

/** The call that is shown of a model; asked for again while it is under way and somebody looks. */
export function useCall(id: string): Call {
  let held = current.get(id);
  if (!held) {
    held = signal({ now: undefined, error: undefined });
    current.set(id, held);
  }
  const place = held;
  const { now, error } = place.value;
  const take = (asked: Promise<RunAnswerPayload>, isGone = () => false) =>
    asked.then(
      (answer) => {
        if (isGone()) return;
        if (place.peek().now?.call.state !== answer.call.state) changes.value += 1;
        place.value = { now: answer, error: undefined };
      },
      (caught) => {
        if (isGone()) return;
        const known = caught instanceof ApiError;
        const error = known ? caught : new ApiError('Unexpected', String(caught));
        place.value = { now: place.peek().now, error };
      },
    );
  const polls = now && !isFinal(now.call.state) && shown.value && !error;
  useEffect(() => {
    if (!polls) return;
    const abort = new AbortController();
    const timer = setTimeout(
      () => void take(api().call(now.call.call, abort.signal), () => abort.signal.aborted),
      POLL_MS,
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [polls, now]);
  return {
    now,
    error,
    begin: (answer, given) => {
      filledIn.set(answer.call.call, given);
      place.value = { now: answer, error: undefined };
      changes.value += 1;
    },
    show: (call) => void take(api().call(call)),
    again: (asked, earlier) => {
      const given = draftsBehind(earlier);
      void take(
        asked.then((answer) => {
          filledIn.set(answer.call.call, given);
          changes.value += 1;
          return answer;
        }),
      );
    },
    cancel: () => {
      if (now) void take(api().cancelCall(now.call.call));
    },
  };
}
