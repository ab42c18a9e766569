import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import type { VerifyPayload } from '../api/types';
import { api, reloads, shown } from '../state';

const POLL_MS = 400;

export type Verification = ReturnType<typeof useVerification>;

/** How the verification of an artifact stands, asked again while it runs and somebody looks. */
export function useVerification(id: string) {
  const [payload, setPayload] = useState<VerifyPayload>();
  const [error, setError] = useState<ApiError>();
  const isActive = payload?.state === 'running' || payload?.state === 'waiting';
  const take = (asked: Promise<VerifyPayload>, isGone: () => boolean = () => false) =>
    asked.then(
      (answer) => {
        if (isGone()) return;
        setPayload(answer);
        setError(undefined);
      },
      (caught) => {
        if (isGone()) return;
        setError(caught instanceof ApiError ? caught : new ApiError('Unexpected', String(caught)));
      },
    );
  const look = () => {
    const abort = new AbortController();
    void take(api().verification(id, abort.signal), () => abort.signal.aborted);
    return () => abort.abort();
  };
  useEffect(look, [id, reloads.value]);
  const polls = isActive && shown.value && !error;
  useEffect(() => {
    if (!polls) return;
    let stop = () => {};
    // After each answer the effect runs anew: a slow server is not asked twice at a time.
    const timer = setTimeout(() => {
      stop = look();
    }, POLL_MS);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [polls, payload]);
  return {
    payload,
    error,
    look,
    act: (action: 'start' | 'cancel') => void take(api().verify(id, action)),
  };
}
