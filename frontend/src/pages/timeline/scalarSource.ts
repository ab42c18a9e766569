import { effect, type Signal, signal } from '@preact/signals';
import { ApiError } from '../../api/client';
import type { ScalarRunPayload, ScalarsPayload } from '../../api/types';
import type { ScalarChoice } from '../../model/scalars';
import { api, reloads, shown } from '../../state';

/** TensorBoard's scalars beside one series. */
export interface ScalarState {
  runs: readonly ScalarRunPayload[] | undefined;
  /** Why there are none. */
  problem: string | null;
  data: ScalarsPayload | undefined;
  error: ApiError | undefined;
}

const POLL_MS = 10_000;

/** Runs and tags, and the points of the one chosen; asked again while somebody looks. */
export class ScalarSource {
  readonly state: Signal<ScalarState> = signal({
    runs: undefined,
    problem: null,
    data: undefined,
    error: undefined,
  });
  private readonly abort = new AbortController();
  private readonly stopFollowing: () => void;
  private timer = 0;
  private chosen: ScalarChoice | null = null;

  constructor(private readonly id: string) {
    this.stopFollowing = effect(() => {
      if (reloads.value >= 0 && shown.value) void this.look();
      else clearTimeout(this.timer);
    });
  }

  /** Whether a scalar is chosen and its points are still to come. */
  get isAsking(): boolean {
    return this.chosen !== null && !this.state.value.data;
  }

  stop() {
    this.stopFollowing();
    clearTimeout(this.timer);
    this.abort.abort();
  }

  /** Shows another scalar, or none. */
  choose(choice: ScalarChoice | null) {
    if (choice?.run === this.chosen?.run && choice?.tag === this.chosen?.tag) return;
    this.chosen = choice;
    this.state.value = { ...this.state.peek(), data: undefined };
    if (choice) void this.look();
  }

  readonly look = async () => {
    clearTimeout(this.timer);
    const { chosen } = this;
    const { signal } = this.abort;
    try {
      const { runs, problem } = await api().scalarTags(this.id, signal);
      const data = chosen
        ? await api().scalars(this.id, chosen.run, chosen.tag, signal)
        : undefined;
      if (chosen !== this.chosen) return;
      const last = this.state.peek();
      if (runs !== last.runs || data !== last.data || last.error) {
        this.state.value = { runs, problem, data, error: undefined };
      }
    } catch (caught) {
      if (signal.aborted || chosen !== this.chosen) return;
      const error =
        caught instanceof ApiError ? caught : new ApiError('Unexpected', String(caught));
      this.state.value = { ...this.state.peek(), error };
      return;
    }
    clearTimeout(this.timer);
    if (shown.peek()) this.timer = window.setTimeout(this.look, POLL_MS);
  };
}
