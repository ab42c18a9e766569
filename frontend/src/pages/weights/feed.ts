import { signal } from '@preact/signals';
import { ApiError, type Client } from '../../api/client';
import type { FoundPayload, StatsJobPayload } from '../../api/types';
import type { StatsTable } from '../../model/stats';
import { type Bins, drawBars } from '../../ui/bars';

/** Statistics of the tensors on the page, as they come. */

const POLL_MS = 300;
/** Rows that fill in change places no more often than this, or nobody could click one. */
export const RESORT_MS = 2000;
/** A page that still scrolls asks for nothing. */
const SETTLE_MS = 120;
/** What the server gives at a time. */
const MOST_HISTOGRAMS = 200;
/** Drawings kept, 0.4 kB each. */
const MOST_DRAWN = 5000;

export const INLINE_WIDTH = 72;
export const INLINE_HEIGHT = 18;

export interface Drawing {
  path: string;
  zero: number | null;
  bins: Bins;
}

export function isActive(job: StatsJobPayload | undefined): boolean {
  return job?.state === 'running' || job?.state === 'waiting';
}

/** Asks for what is known, and again while somebody computes; one for each list of tensors. */
export class StatsFeed {
  readonly job = signal<StatsJobPayload | undefined>(undefined);
  readonly error = signal<ApiError | undefined>(undefined);
  /** Findings about the artifact as a whole. */
  readonly ofArtifact = signal<readonly FoundPayload[]>([]);
  /** Goes up when there is more to draw. */
  readonly version = signal(0);
  /** Goes up too, but at most once in `RESORT_MS`: for what moves rows. */
  readonly order = signal(0);
  private readonly abort = new AbortController();
  private readonly drawn = new Map<number, Drawing>();
  private generation = '';
  private isFollowing = false;
  private isDrawing = false;
  private seen: readonly number[] = [];
  private settling: ReturnType<typeof setTimeout> | undefined;
  private resorting: ReturnType<typeof setTimeout> | undefined;
  private sorted_ms = Number.NEGATIVE_INFINITY;

  /**
   * @param stats Where to put what comes; a row for each of the artifact's tensors.
   * @param isShown Whether anybody looks: else nothing is asked.
   */
  constructor(
    private readonly client: Pick<Client, 'stats' | 'actOnStats' | 'histograms'>,
    private readonly id: string,
    readonly stats: StatsTable,
    private readonly isShown: () => boolean = () => true,
  ) {}

  /** Has what is known already, and what is quick to compute, come. */
  open(): Promise<void> {
    return this.act('glance');
  }

  close() {
    this.abort.abort();
    clearTimeout(this.settling);
    clearTimeout(this.resorting);
  }

  /** Begins to compute all, or some rows, or ends that. */
  async act(action: 'start' | 'glance' | 'cancel', rows: readonly number[] = []): Promise<void> {
    this.error.value = undefined;
    await this.guard(async () => {
      this.job.value = await this.client.actOnStats(this.id, action, rows);
      if (action === 'start' && isActive(this.job.value)) await this.putFirst();
    });
    await this.follow();
  }

  /** Says which rows are on the screen: they are computed and drawn before others. */
  see(rows: readonly number[]) {
    this.seen = rows;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      void this.guard(() => this.putFirst());
      void this.draw();
    }, SETTLE_MS);
  }

  /** The histogram of a row, if it came. */
  drawing(row: number): Drawing | undefined {
    return this.drawn.get(row);
  }

  private async putFirst() {
    const rows = this.seen.filter((row) => !this.stats.has(row)).slice(0, MOST_HISTOGRAMS);
    if (!rows.length || !isActive(this.job.value)) return;
    await this.client.actOnStats(this.id, 'first', rows);
  }

  private async follow() {
    if (this.isFollowing) return;
    this.isFollowing = true;
    await this.guard(async () => {
      for (;;) {
        const isMore = this.isShown() && (await this.look());
        if (!isMore && !isActive(this.job.value)) return;
        if (!isMore) await pause(POLL_MS);
        if (this.abort.signal.aborted) return;
      }
    });
    this.isFollowing = false;
  }

  /** Takes what came; whether there is more right now. */
  private async look(): Promise<boolean> {
    const payload = await this.client.stats(this.id, this.generation, this.abort.signal);
    if (this.abort.signal.aborted) return false;
    const isOther = payload.job.total > 0 && payload.job.total !== this.stats.count;
    this.job.value = isOther ? { ...payload.job, state: 'changed' } : payload.job;
    if (isOther) return false;
    if (payload.whole) this.drawn.clear();
    const before = this.stats.version;
    this.stats.take(payload);
    this.generation = payload.generation;
    // The same list again, mostly: nothing is to be drawn anew for it.
    if (payload.whole || this.ofArtifact.value.length !== payload.of_artifact.length) {
      this.ofArtifact.value = payload.of_artifact;
    }
    if (this.stats.version !== before) {
      this.version.value += 1;
      this.resort();
      void this.draw();
    }
    return payload.more;
  }

  private resort() {
    if (this.resorting !== undefined) return;
    const wait_ms = Math.max(0, this.sorted_ms + RESORT_MS - Date.now());
    const now = () => {
      this.resorting = undefined;
      this.sorted_ms = Date.now();
      this.order.value += 1;
    };
    if (wait_ms) this.resorting = setTimeout(now, wait_ms);
    else now();
  }

  private async draw() {
    if (this.isDrawing) return;
    this.isDrawing = true;
    await this.guard(async () => {
      for (let rows = this.missing(); rows.length; rows = this.missing()) {
        const answer = await this.client.histograms(this.id, rows, this.abort.signal);
        for (const row of rows) this.keep(row, { edges: [], counts: [] });
        for (const [place, row] of answer.rows.entries()) {
          this.keep(row, answer.histograms[place] ?? { edges: [], counts: [] });
        }
        this.version.value += 1;
      }
    });
    this.isDrawing = false;
  }

  private missing(): number[] {
    const isMissing = (row: number) =>
      this.stats.has(row) && !this.stats.error(row) && !this.drawn.has(row);
    return this.seen.filter(isMissing).slice(0, MOST_HISTOGRAMS);
  }

  private keep(row: number, bins: Bins) {
    this.drawn.delete(row);
    this.drawn.set(row, { ...drawBars(bins, INLINE_WIDTH, INLINE_HEIGHT), bins });
    const oldest = this.drawn.keys().next();
    if (this.drawn.size > MOST_DRAWN && !oldest.done) this.drawn.delete(oldest.value);
  }

  private async guard(work: () => Promise<void>) {
    try {
      await work();
    } catch (error) {
      if (this.abort.signal.aborted) return;
      const isKnown = error instanceof ApiError;
      this.error.value = isKnown ? error : new ApiError('Unexpected', String(error));
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
