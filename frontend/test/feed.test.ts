import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { job, stats } from '../gallery/stats';
import { large } from '../gallery/tensors';
import { ApiError } from '../src/api/client';
import { StatsTable } from '../src/model/stats';
import { StatsFeed } from '../src/pages/weights/feed';
import { RESORT_MS } from '../src/pages/weights/follow';

const TENSORS = large(12_000);
const NOTHING = { rows: [], histograms: [] };

/** A server whose job finds `found` more tensors with every look. */
class Server {
  readonly asked: string[] = [];
  done = 0;
  found = 0;
  state = 'running';
  failure: unknown;

  async stats(_id: string, since: string) {
    this.asked.push(`stats ${since}`);
    if (this.failure) throw this.failure;
    this.done = Math.min(TENSORS.key.length, this.done + this.found);
    const all = stats('done', TENSORS, since);
    const start = Number(since.split('.')[1] ?? 0);
    const count = Math.min(all.rows.length, Math.max(0, this.done - start));
    const cut = Object.fromEntries(
      Object.entries(all).map(([name, one]) => [
        name,
        Array.isArray(one) ? one.slice(0, count) : one,
      ]),
    ) as unknown as typeof all;
    if (this.done === TENSORS.key.length) this.state = 'done';
    const more = start + count < this.done;
    return { ...cut, more, job: this.job(), generation: `a.${start + count}` };
  }

  async actOnStats(_id: string, action: string, rows: readonly number[] = []) {
    this.asked.push(`${action} ${rows.join()}`);
    if (action === 'cancel') this.state = 'cancelled';
    return this.job();
  }

  async histograms(_id: string, rows: readonly number[]) {
    this.asked.push(`histograms ${rows.join()}`);
    const histograms = rows.map(() => ({ edges: [0, 1, 2], counts: [1, 2] }));
    return rows.length ? { rows: [...rows], histograms } : NOTHING;
  }

  private job() {
    return { ...job('done', TENSORS), state: this.state, done: this.done };
  }
}

function makeFeed(server: Server, isShown = () => true): StatsFeed {
  const count = TENSORS.key.length;
  const table = new StatsTable(new Float64Array(count).fill(4), TENSORS.alias_of, TENSORS.nbytes);
  return new StatsFeed(server, 'x', table, isShown);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the feed of statistics', () => {
  test('begins with a glance, and takes all that is known at once', async () => {
    const server = new Server();
    server.found = 12_000;
    const feed = makeFeed(server);
    await feed.open();
    expect(server.asked).toEqual(['glance ', 'stats ', 'stats a.5000', 'stats a.10000']);
    expect(feed.stats.known).toBe(12_000);
    expect(feed.job.value?.state).toBe('done');
  });

  test('asks for what came since, ends with the job, and sends nothing twice', async () => {
    const server = new Server();
    server.found = 4000;
    const feed = makeFeed(server);
    const opened = feed.open();
    await vi.advanceTimersByTimeAsync(5000);
    await opened;
    expect(server.asked).toEqual(['glance ', 'stats ', 'stats a.4000', 'stats a.8000']);
    expect(feed.stats.known).toBe(12_000);
  });

  test('rows change places at most once in two seconds, and at last', async () => {
    const server = new Server();
    server.found = 300;
    const feed = makeFeed(server);
    const times: number[] = [];
    feed.order.subscribe(() => times.push(Date.now()));
    const opened = feed.open();
    await vi.advanceTimersByTimeAsync(20_000);
    await opened;
    const changes = times.slice(1);
    expect(feed.stats.known).toBe(12_000);
    expect(changes.length).toBeGreaterThan(3);
    for (const [place, at] of changes.slice(1).entries()) {
      expect(at - (changes[place] ?? 0)).toBeGreaterThanOrEqual(RESORT_MS);
    }
    expect(feed.order.value).toBe(changes.length);
  });

  test('what is on the screen is put first once it stands still, and drawn when it is known', async () => {
    const server = new Server();
    server.found = 1000;
    const feed = makeFeed(server);
    void feed.open();
    await vi.advanceTimersByTimeAsync(10);
    feed.see([0, 1]);
    feed.see([10_000, 3]);
    await vi.advanceTimersByTimeAsync(150);
    expect(server.asked).toContain('first 10000');
    expect(server.asked).toContain('histograms 3');
    expect(server.asked.filter((one) => one.startsWith('first'))).toHaveLength(1);
    expect(feed.drawing(3)?.path).not.toBe('');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.asked).toContain('histograms 10000');
    expect(server.asked.filter((one) => one === 'histograms 3')).toHaveLength(1);
  });

  test('nobody looks, nothing is asked', async () => {
    const server = new Server();
    let isShown = true;
    const feed = makeFeed(server, () => isShown);
    void feed.open();
    await vi.advanceTimersByTimeAsync(1000);
    isShown = false;
    const before = server.asked.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(server.asked).toHaveLength(before);
    isShown = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.asked.length).toBeGreaterThan(before);
    feed.close();
  });

  test('a page that is left asks nothing more', async () => {
    const server = new Server();
    const feed = makeFeed(server);
    void feed.open();
    await vi.advanceTimersByTimeAsync(400);
    feed.close();
    const before = server.asked.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(server.asked).toHaveLength(before);
  });

  test('cancelling ends it, and a start goes on', async () => {
    const server = new Server();
    server.found = 10;
    const feed = makeFeed(server);
    void feed.open();
    await vi.advanceTimersByTimeAsync(500);
    void feed.act('cancel');
    await vi.advanceTimersByTimeAsync(1000);
    expect(feed.job.value?.state).toBe('cancelled');
    const { known } = feed.stats;
    expect(known).toBeGreaterThan(0);
    server.state = 'running';
    server.found = 12_000;
    void feed.act('start');
    await vi.advanceTimersByTimeAsync(1000);
    expect(feed.job.value?.state).toBe('done');
    expect(feed.stats.known).toBe(12_000);
  });

  test('an error is told, and goes with the next success', async () => {
    const server = new Server();
    server.failure = new ApiError('NoAnswer', 'no');
    const feed = makeFeed(server);
    await feed.open();
    expect(feed.error.value?.message).toBe('no');
    server.failure = undefined;
    server.found = 12_000;
    await feed.open();
    expect(feed.error.value).toBeUndefined();
    expect(feed.stats.known).toBe(12_000);
  });

  test('numbers of other tensors than those on the page are not taken', async () => {
    const server = new Server();
    server.found = 5;
    server.stats = async () => ({
      ...stats('done', large(7), ''),
      job: job('done', large(7)),
    });
    const feed = makeFeed(server);
    await feed.open();
    expect([feed.job.value?.state, feed.stats.known]).toEqual(['changed', 0]);
  });
});
