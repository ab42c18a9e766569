import { signal } from '@preact/signals';
import type { Client, DiffAction, Sides } from '../../api/client';
import type { DiffJobPayload } from '../../api/types';
import type { PairTable } from '../../model/diff';
import { Follower } from '../weights/follow';

/** Numbers of the pairs on the page, as they come; one for each list of pairs. */
export class DiffFeed extends Follower<DiffJobPayload> {
  /** The diff in a sentence, with what was read; empty while that goes on. */
  readonly summary = signal('');
  private generation = '';

  /**
   * @param layout That the table's numbers of pairs hold for.
   * @param isShown Whether anybody looks: else nothing is asked.
   * @param onOther Told when the files are others by now.
   */
  constructor(
    private readonly client: Pick<Client, 'diffValues' | 'actOnDiff'>,
    private readonly sides: Sides,
    readonly table: PairTable,
    private readonly layout: string,
    isShown: () => boolean,
    private readonly onOther: () => void,
  ) {
    super(isShown);
  }

  /** Begins to read all pairs, or some, or ends that; `glance` only reads what is quick. */
  act(action: DiffAction, pairs: readonly number[] = []): Promise<void> {
    return this.begin(async () => {
      this.job.value = await this.client.actOnDiff(this.sides, action, pairs);
    });
  }

  protected async look(): Promise<boolean> {
    const { sides, generation, abort } = this;
    const payload = await this.client.diffValues(sides, generation, abort.signal);
    if (abort.signal.aborted) return false;
    if (payload.job.layout !== this.layout) {
      this.close();
      this.onOther();
      return false;
    }
    this.generation = payload.generation;
    this.table.take(payload);
    this.job.value = payload.job;
    this.summary.value = payload.summary ?? '';
    if (payload.pair.length) this.note();
    return payload.pair.length > 0;
  }
}
