import { useEffect } from 'preact/hooks';
import { useAnswer } from '../state';

/**
 * What the scan says of an artifact; asked again when a verification ends, which is part of its
 * verdict.
 *
 * @param verified What the verification says as far as this page knows.
 */
export function useScan(id: string, verified: string | null | undefined) {
  const scan = useAnswer(id, (client, signal) => client.scan(id, signal));
  const known = scan.value?.integrity;
  useEffect(() => {
    if (verified && scan.value && known !== verified) scan.retry();
  }, [verified, known]);
  return scan;
}
