import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { normal } from '../gallery/artifacts';
import { DIFFS, type DiffCase, diff, job, values } from '../gallery/diffs';
import { ApiError } from '../src/api/client';
import { PairTable } from '../src/model/diff';
import { DiffFeed } from '../src/pages/compare/feed';

const SIDES = { before: 'a', after: 'b' };
const VIEW = DIFFS[0]?.[1] as DiffCase;
const [BEFORE, AFTER] = normal().artifacts;

/** A server whose job reads all between the first look and the next. */
class Server {
  readonly asked: string[] = [];
  state = 'running';
  layout = 'a';
  failure: unknown;

  async diffValues(_sides: object, since: string) {
    this.asked.push(`values ${since}`);
    if (this.failure) throw this.failure;
    const done = this.state === 'done' ? job(VIEW).total : 0;
    const now = { ...VIEW, job: { state: this.state, done, layout: this.layout } };
    this.state = 'done';
    const whole = values(now, '');
    const isOld = since === 'a.all';
    const answer = isOld ? values(now, since) : whole;
    return { ...answer, generation: done ? 'a.all' : 'a.0', whole: since === '' };
  }

  async actOnDiff(_sides: object, action: string, pairs: readonly number[] = []) {
    this.asked.push(`${action} ${pairs.join()}`.trim());
    return { ...job(VIEW), state: this.state };
  }
}

function makeFeed(server: Server, more: { isShown?: () => boolean; onOther?: () => void } = {}) {
  if (!BEFORE || !AFTER) throw new Error('no artifacts');
  const table = new PairTable(diff(VIEW, BEFORE, AFTER, false).pairs);
  const { isShown = () => true, onOther = () => {} } = more;
  return new DiffFeed(server, SIDES, table, 'a', isShown, onOther);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('numbers as they come', () => {
  test('it asks until the job is over and nothing more comes', async () => {
    const server = new Server();
    const feed = makeFeed(server);
    const following = feed.act('glance');
    await vi.runAllTimersAsync();
    await following;
    expect(server.asked).toEqual(['glance', 'values ', 'values a.0', 'values a.all']);
    expect(feed.job.value?.state).toBe('done');
    expect(feed.table.wasRead(0)).toBe(true);
    expect(feed.summary.value).toContain('largest in');
    expect(feed.version.value).toBe(1);
  });

  test('what the files no longer hold is asked for anew', async () => {
    const server = new Server();
    server.layout = 'b';
    const onOther = vi.fn();
    const feed = makeFeed(server, { onOther });
    const following = feed.act('glance');
    await vi.runAllTimersAsync();
    await following;
    expect(onOther).toHaveBeenCalledOnce();
    expect([feed.table.wasRead(0), server.asked.length]).toEqual([false, 2]);
  });

  test('nobody who does not look asks', async () => {
    const server = new Server();
    let isShown = false;
    const feed = makeFeed(server, { isShown: () => isShown });
    const following = feed.act('start', [3, 4]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(server.asked).toEqual(['start 3,4']);
    isShown = true;
    await vi.runAllTimersAsync();
    await following;
    expect(feed.job.value?.state).toBe('done');
  });

  test('an error is told, and goes with the next try', async () => {
    const server = new Server();
    server.failure = new ApiError('NotFound', 'gone');
    const feed = makeFeed(server);
    await feed.act('glance');
    expect(feed.error.value?.message).toBe('gone');
    server.failure = undefined;
    const following = feed.act('start');
    expect(feed.error.value).toBeUndefined();
    await vi.runAllTimersAsync();
    await following;
    expect(feed.table.wasRead(0)).toBe(true);
  });
});
