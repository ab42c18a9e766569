import { signal } from '@preact/signals';
import type { Client } from '../../api/client';
import type { FoundPayload, StatsJobPayload } from '../../api/types';
import type { StatsTable } from '../../model/stats';
import { type Bins, drawBars } from '../../ui/bars';
import { Follower, isActive } from './follow';

/** Statistics of the tensors on the page, as they come. */

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

/** Asks for what is known, and again while somebody computes; one for each list of tensors. */
export class StatsFeed extends Follower<StatsJobPayload> {
  /** Findings about the artifact as a whole. */
  readonly ofArtifact = signal<readonly FoundPayload[]>([]);
  private readonly drawn = new Map<number, Drawing>();
  private generation = '';
  private isDrawing = false;
  private seen: readonly number[] = [];
  private settling: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param stats Where to put what comes; a row for each of the artifact's tensors.
   * @param isShown Whether anybody looks: else nothing is asked.
   */
  constructor(
    private readonly client: Pick<Client, 'stats' | 'actOnStats' | 'histograms'>,
    private readonly id: string,
    readonly stats: StatsTable,
    isShown: () => boolean = () => true,
  ) {
    super(isShown);
  }

  /** Has what is known already, and what is quick to compute, come. */
  open(): Promise<void> {
    return this.act('glance');
  }

  override close() {
    super.close();
    clearTimeout(this.settling);
  }

  /** Begins to compute all, or some rows, or ends that. */
  act(action: 'start' | 'glance' | 'cancel', rows: readonly number[] = []): Promise<void> {
    return this.begin(async () => {
      this.job.value = await this.client.actOnStats(this.id, action, rows);
      if (action === 'start' && isActive(this.job.value)) await this.putFirst();
    });
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

  protected async look(): Promise<boolean> {
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
      this.note();
      void this.draw();
    }
    return payload.more;
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
}
