import { effect, type Signal, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError } from '../../api/client';
import type { TimelineJobPayload, TimelineNotePayload, TimelinePayload } from '../../api/types';
import { mergeValues, SeriesTable, type ValueRows } from '../../model/timeline';
import { api, artifacts, reloads, shown } from '../../state';
import { ScalarSource } from './scalarSource';

/** What is known of one series; all of it can stand beside an error of the last request. */
export interface SeriesState {
  timeline: TimelinePayload | undefined;
  rows: ValueRows;
  /** Both of the above, to calculate with. */
  table: SeriesTable | undefined;
  job: TimelineJobPayload | undefined;
  /** What reading found. */
  notes: readonly TimelineNotePayload[];
  error: ApiError | undefined;
}

const NOTHING: SeriesState = {
  timeline: undefined,
  rows: new Map(),
  table: undefined,
  job: undefined,
  notes: [],
  error: undefined,
};

/** Values of so many bytes are read without being asked for. */
export const READ_AT_ONCE = 256 * 2 ** 20;
const POLL_RUNNING_MS = 400;
const POLL_IDLE_MS = 5000;

/**
 * A series, kept up to date while somebody looks: new checkpoints, and values as they are read.
 *
 * One answer is awaited before the next question, so a slow server is not asked twice at a time.
 */
export class SeriesSource {
  readonly state: Signal<SeriesState> = signal(NOTHING);
  readonly scalars: ScalarSource;
  private readonly abort = new AbortController();
  private readonly stopFollowing: () => void;
  private timer = 0;
  private busy = false;
  /** The layout for which reading was begun: a server that ends early is not asked for ever. */
  private begun = '';

  /**
   * @param id Of any checkpoint of the series.
   * @param series What the list of artifacts calls it; the id where it does not know it.
   */
  constructor(
    readonly id: string,
    readonly series: string,
  ) {
    this.scalars = new ScalarSource(id);
    let last = -1;
    this.stopFollowing = effect(() => {
      const isAsked = reloads.value !== last;
      last = reloads.value;
      if (shown.value || isAsked) void this.look();
      else clearTimeout(this.timer);
    });
  }

  stop() {
    this.stopFollowing();
    this.scalars.stop();
    clearTimeout(this.timer);
    this.abort.abort();
  }

  /** Whether a checkpoint is of this series, as far as that is known. */
  holds(id: string, series: string): boolean {
    if (id === this.id || series === this.series) return true;
    return this.state.peek().timeline?.checkpoints.id.includes(id) ?? false;
  }

  async act(action: 'start' | 'cancel') {
    await this.try(async () => {
      await api().readTimeline(this.id, action);
      const { job } = this.state.peek();
      // So that the next question is how far it is.
      if (job) this.state.value = { ...this.state.peek(), job: { ...job, state: 'waiting' } };
    });
    await this.look();
  }

  readonly look = async () => {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    await this.try(() => this.ask());
    this.busy = false;
    const { job, error } = this.state.peek();
    if (error || this.abort.signal.aborted || !shown.peek()) return;
    const isSoon = !job || isActive(job);
    this.timer = window.setTimeout(this.look, isSoon ? POLL_RUNNING_MS : POLL_IDLE_MS);
  };

  private async ask() {
    const { signal } = this.abort;
    const last = this.state.peek();
    const isReading = isActive(last.job);
    // What is unchanged is the same object again; while values are read the layout stays.
    const timeline =
      isReading && last.timeline ? last.timeline : await api().timeline(this.id, signal);
    const isSame = timeline === last.timeline && last.job !== undefined;
    if (isSame && !isReading && !last.error) return;
    const since = isSame ? (last.job?.generation ?? 0) : 0;
    const { job, notes, ...values } = await api().timelineValues(this.id, since, signal);
    if (job.layout !== timeline.job.layout) {
      // It changed between the two answers: both are asked for again.
      this.show({ timeline, rows: new Map(), job: undefined, notes: [] });
      return;
    }
    const rows = mergeValues(isSame ? last.rows : new Map(), values);
    this.show({ timeline, rows, job, notes });
    if (!this.readsAtOnce(job)) return;
    this.begun = job.layout;
    await api().readTimeline(this.id, 'start');
    // The next answer comes soon, and says how far it is.
    this.state.value = { ...this.state.peek(), job: { ...job, state: 'waiting' } };
  }

  private show(next: Omit<SeriesState, 'table' | 'error'>) {
    const last = this.state.peek();
    const isSettled = next.job?.state === 'done';
    const isSame =
      next.timeline === last.timeline &&
      next.rows === last.rows &&
      isSettled === last.table?.settled;
    // Nothing new is the usual answer: then nothing is calculated or drawn anew.
    if (isSame && next.job === last.job && !last.error) return;
    const table =
      isSame || !next.timeline
        ? last.table
        : new SeriesTable(next.timeline, next.rows, { settled: isSettled });
    this.state.value = { ...next, table, error: undefined };
  }

  private readsAtOnce({ state, nbytes, layout }: TimelineJobPayload): boolean {
    return state === 'idle' && nbytes > 0 && nbytes <= READ_AT_ONCE && this.begun !== layout;
  }

  private async try(ask: () => Promise<void>) {
    try {
      await ask();
    } catch (caught) {
      if (this.abort.signal.aborted) return;
      const error =
        caught instanceof ApiError ? caught : new ApiError('Unexpected', String(caught));
      this.state.value = { ...this.state.peek(), error };
    }
  }
}

export function isActive(job: TimelineJobPayload | undefined): boolean {
  return job?.state === 'running' || job?.state === 'waiting';
}

/**
 * The series that are shown, each once.
 *
 * @param ids Of a checkpoint of each.
 */
export function useSources(ids: readonly string[]): SeriesSource[] {
  const kept = useRef<SeriesSource[]>([]);
  const rows = artifacts.value.value?.artifacts ?? [];
  const sources: SeriesSource[] = [];
  for (const id of ids) {
    const series = rows.find((row) => row.id === id)?.series ?? id;
    const isThere = (source: SeriesSource) => source.holds(id, series);
    if (sources.some(isThere)) continue;
    sources.push(kept.current.find(isThere) ?? new SeriesSource(id, series));
  }
  for (const source of kept.current) if (!sources.includes(source)) source.stop();
  kept.current = sources;
  useEffect(
    () => () => {
      for (const source of kept.current) source.stop();
    },
    [],
  );
  return sources;
}
