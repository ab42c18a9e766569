import { batch, computed, effect, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, Client } from './api/client';
import type { ArtifactRow, ArtifactsPayload, StatusPayload } from './api/types';
import { addressOf, isShown, readFrameHash, watchShown, writeFrameHash } from './host';
import { HOME, parseHash, type Route, readRoute, sameRoute, writeHash } from './routes';

/** What has been answered so far: a value and an error can both stand after a failed refresh. */
export interface Answered<T> {
  value: T | undefined;
  error: ApiError | undefined;
}

const NOTHING = { value: undefined, error: undefined };

export const route = signal<Route>(HOME);
/** The last route of Home: where "up" leads, with its search and filters. */
export const homeRoute = signal<Route>(HOME);
export const artifacts = signal<Answered<ArtifactsPayload>>(NOTHING);
export const status = signal<StatusPayload | undefined>(undefined);
/** Ids that came with the last reload. */
export const fresh = signal<ReadonlySet<string>>(new Set());
/** Goes up when a person asked TensorBoard for new data. */
export const reloads = signal(0);
export const shown = signal(true);
/** Unix seconds, once a minute: for "3 min ago". */
export const now_s = signal(Date.now() / 1000);

/** The row of the artifact that the route names. */
export const artifact = computed<ArtifactRow | undefined>(() =>
  artifacts.value.value?.artifacts.find((row) => row.id === route.value.id),
);

/** Whether the artifact of the route may yet be found: the search for it has not ended. */
export const searching = computed(() => {
  if (route.value.page === 'home' || artifact.value) return false;
  const { value, error } = artifacts.value;
  return value ? value.scan.running : !error;
});

let client = new Client('');
let addressTimer = 0;

/** The client of this tab; there is one. */
export function api(): Client {
  return client;
}

/** Starts everything that runs beside the pages. */
export function startState(root: string, early: Map<string, Promise<Response>>) {
  client = new Client(root, early);
  follow(readFrameHash());
  shown.value = isShown();
  watchShown((visible) => {
    shown.value = visible;
  });
  effect(() => {
    if (route.value.page === 'home') homeRoute.value = route.value;
  });
  setInterval(() => {
    if (shown.value) now_s.value = Date.now() / 1000;
  }, 60_000);
  effect(pollWhileShown);
  void refreshArtifacts({ rescan: false });
  client.status().then((answer) => {
    status.value = answer;
  }, ignore);
}

/** A failure that is told elsewhere: every page shows its own. */
function ignore() {}

/** Takes over a hash that came from outside: a link, back, forward. */
export function follow(hash: string) {
  followKeys(parseHash(hash).keys);
}

export function followKeys(keys: ReadonlyMap<string, string>) {
  clearTimeout(addressTimer);
  const next = readRoute(keys);
  if (!sameRoute(next, route.value)) route.value = next;
}

/**
 * Shows another view.
 *
 * `replace` is for changes that are no step back of their own, such as typing: the address follows
 * a little later.
 */
export function go(change: Partial<Route>, options: { replace: boolean } = { replace: false }) {
  const next = { ...route.value, ...change };
  if (sameRoute(next, route.value)) return;
  if (addressTimer) writeAddress({ push: false });
  route.value = next;
  if (options.replace) addressTimer = window.setTimeout(() => writeAddress({ push: false }), 250);
  else writeAddress({ push: true });
}

function writeAddress(options: { push: boolean }) {
  clearTimeout(addressTimer);
  addressTimer = 0;
  if (isShown()) writeFrameHash(writeHash(readFrameHash(), route.value), options);
}

/** A link to another view, as a person can copy it. */
export function linkTo(change: Partial<Route>): string {
  return addressOf(writeHash(readFrameHash(), { ...HOME, ...change }));
}

const FIRST_WAIT_MS = 120;
const LONGEST_WAIT_MS = 4000;

/** When to ask for the list again; null while nothing new is to be expected. */
const again = signal<{ wait_ms: number } | null>(null);

/** Asks again while the search for artifacts runs, if somebody looks. */
function pollWhileShown() {
  const next = again.value;
  if (!next || !shown.value) return;
  const timer = setTimeout(() => refreshArtifacts({ rescan: false }), next.wait_ms);
  return () => clearTimeout(timer);
}

/** Asks for the list; and again, ever more slowly, while it is not complete. */
export async function refreshArtifacts(options: { rescan: boolean }) {
  const before = artifacts.value.value;
  try {
    const value = await client.artifacts(options);
    batch(() => {
      markFresh(before, value);
      if (value !== before || artifacts.value.error) artifacts.value = { value, error: undefined };
      again.value = value.scan.running || value.scan.counting ? nextWait(options) : null;
    });
  } catch (error) {
    artifacts.value = { value: before, error: asApiError(error) };
  }
}

function nextWait(options: { rescan: boolean }) {
  const last_ms = options.rescan ? undefined : again.peek()?.wait_ms;
  return { wait_ms: last_ms ? Math.min(last_ms * 1.5, LONGEST_WAIT_MS) : FIRST_WAIT_MS };
}

let known: Set<string> | undefined;

/** Compares with what was known when the person asked, not with the answer before. */
function markFresh(before: ArtifactsPayload | undefined, value: ArtifactsPayload) {
  if (!before || value === before || !known) return;
  const old = known;
  fresh.value = new Set(value.artifacts.map((row) => row.id).filter((id) => !old.has(id)));
}

/** TensorBoard was asked for new data. */
export function reload() {
  const now = artifacts.value.value;
  known = now?.scan.generation ? new Set(now.artifacts.map((row) => row.id)) : undefined;
  reloads.value += 1;
  void refreshArtifacts({ rescan: true });
}

function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('Unexpected', String(error));
}

/**
 * What a request answers, asked again when `key` or the reload count changes. The last value stays
 * while a reload is under way, and goes when the key changes.
 */
export function useAnswer<T>(
  key: string,
  ask: (client: Client, signal: AbortSignal) => Promise<T>,
) {
  const [answer, setAnswer] = useState<Answered<T> & { key: string }>({ ...NOTHING, key });
  const [again, setAgain] = useState(0);
  const count = reloads.value;
  useEffect(() => {
    const abort = new AbortController();
    ask(client, abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setAnswer({ value, error: undefined, key });
      },
      (error) => {
        if (abort.signal.aborted) return;
        setAnswer((last) => {
          const value = last.key === key ? last.value : undefined;
          return { value, error: asApiError(error), key };
        });
      },
    );
    return () => abort.abort();
  }, [key, count, again]);
  const current: Answered<T> = answer.key === key ? answer : NOTHING;
  return { ...current, retry: () => setAgain(again + 1) };
}
