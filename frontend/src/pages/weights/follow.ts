import { signal } from '@preact/signals';
import { ApiError } from '../../api/client';

const POLL_MS = 300;
/** Rows that fill in change places no more often than this, or nobody could click one. */
export const RESORT_MS = 2000;

export function isActive(job: { state: string } | undefined): boolean {
  return job?.state === 'running' || job?.state === 'waiting';
}

/** Follows a job of the server: asks what came, again while it runs, if somebody looks. */
export abstract class Follower<Job extends { state: string }> {
  readonly job = signal<Job | undefined>(undefined);
  readonly error = signal<ApiError | undefined>(undefined);
  /** Goes up when there is more to draw. */
  readonly version = signal(0);
  /** Goes up too, but at most once in `RESORT_MS`: for what moves rows. */
  readonly order = signal(0);
  protected readonly abort = new AbortController();
  private isFollowing = false;
  private resorting: ReturnType<typeof setTimeout> | undefined;
  private sorted_ms = Number.NEGATIVE_INFINITY;

  /** @param isShown Whether anybody looks: else nothing is asked. */
  constructor(private readonly isShown: () => boolean) {}

  close() {
    this.abort.abort();
    clearTimeout(this.resorting);
  }

  /** Takes what came; whether there is more right now. */
  protected abstract look(): Promise<boolean>;

  /** Asks the server for something, and follows what comes of it. */
  protected async begin(ask: () => Promise<void>) {
    this.error.value = undefined;
    await this.guard(ask);
    await this.follow();
  }

  protected async guard(work: () => Promise<void>) {
    try {
      await work();
    } catch (error) {
      if (this.abort.signal.aborted) return;
      const isKnown = error instanceof ApiError;
      this.error.value = isKnown ? error : new ApiError('Unexpected', String(error));
    }
  }

  /** Something came. */
  protected note() {
    this.version.value += 1;
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

  private async follow() {
    if (this.isFollowing) return;
    this.isFollowing = true;
    await this.guard(async () => {
      for (;;) {
        const isMore = this.isShown() && (await this.look());
        if (!isMore && !isActive(this.job.value)) return;
        if (!isMore) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        if (this.abort.signal.aborted) return;
      }
    });
    this.isFollowing = false;
  }
}
