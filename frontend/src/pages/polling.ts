import { useEffect, useState } from 'preact/hooks';
import { ApiError, type Client } from '../api/client';
import { api, reloads, shown } from '../state';

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 4000;

interface Polled<T> {
  key: string;
  /** The reload that it was asked after. */
  reload: number;
  count: number;
  value: T | undefined;
  error: ApiError | undefined;
}

/**
 * What a request answers, asked again ever more slowly while more is to come and somebody looks; and
 * anew after a reload. The last value stays until there is another, and goes when the key changes.
 *
 * @param key Null asks nothing.
 */
export function usePolled<T>(
  key: string | null,
  ask: (client: Client, signal: AbortSignal) => Promise<T>,
  hasMore: (value: T) => boolean,
) {
  const [answer, setAnswer] = useState<Polled<T>>();
  const reload = reloads.value;
  const known = answer?.key === key ? answer : undefined;
  const count = known?.reload === reload ? known.count : 0;
  const isOver = count > 0 && (known?.error || !known?.value || !hasMore(known.value));
  const asks = key !== null && shown.value && !isOver;
  useEffect(() => {
    if (!asks) return;
    const abort = new AbortController();
    const take = (value: T | undefined, error?: ApiError) => {
      if (!abort.signal.aborted) setAnswer({ key, reload, count: count + 1, value, error });
    };
    const wait_ms = count ? Math.min(FIRST_WAIT_MS * 1.5 ** (count - 1), LONGEST_WAIT_MS) : 0;
    const timer = setTimeout(() => {
      ask(api(), abort.signal).then(take, (caught) => {
        const error =
          caught instanceof ApiError ? caught : new ApiError('Unexpected', String(caught));
        take(known?.value, error);
      });
    }, wait_ms);
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [key, reload, count, asks]);
  return { value: known?.value, error: known?.error };
}
