import { useEffect } from 'preact/hooks';
import type { PortabilityPayload, ScanPayload, VerifyPayload } from '../../api/types';
import {
  describeIntegrity,
  describeScan,
  describeTargets,
  judge,
  type Tone,
} from '../../model/trust';
import { artifact, homeRoute, route, useAnswer } from '../../state';
import { announce } from '../../ui/announce';
import { CopyButton } from '../../ui/CopyButton';
import { adoptStyles } from '../../ui/styles';
import { Fingerprint } from '../Fingerprint';
import { Integrity } from '../Integrity';
import { Problem, ViewLink } from '../parts';
import { useScan } from '../scanning';
import { useVerification } from '../verification';
import { Words } from '../Words';
import { Portability } from './Portability';
import { Security } from './Security';
import css from './trust.css?inline';

adoptStyles(css);

/** Is it safe, is it whole, and where does it run. */
export default function Trust() {
  const { id } = route.value;
  const about = useAnswer(id, (client, signal) => client.artifact(id, signal));
  const isBroken = artifact.value?.state === 'broken';
  const places = useAnswer(`${id} ${isBroken}`, async (client, signal) =>
    isBroken ? undefined : client.portability(id, '', signal),
  );
  const verification = useVerification(id);
  const scan = useScan(id, verification.payload?.verdict);
  if (!about.value) {
    if (!about.error) return <p class="waiting">Opening…</p>;
    return (
      <div class="page-notes">
        <Problem error={about.error} what="This artifact cannot be shown" onRetry={about.retry} />
        <p class="after-note">
          <ViewLink to={homeRoute.value}>All artifacts</ViewLink>
        </p>
      </div>
    );
  }
  return (
    <div class="trust">
      <Verdict scan={scan.value} places={places.value} verification={verification.payload} />
      <Security id={id} {...scan} />
      <section class="section" aria-label="Is it whole">
        <Integrity payload={about.value} verification={verification} />
        {about.value.fingerprint && <Fingerprint fields={about.value.fingerprint} />}
      </section>
      <Portability id={id} problem={about.value.error?.message} {...places} />
    </div>
  );
}

interface VerdictProps {
  scan: ScanPayload | undefined;
  places: PortabilityPayload | undefined;
  verification: VerifyPayload | undefined;
}

/** All of it in a few words. */
function Verdict({ scan, places, verification }: VerdictProps) {
  const { tone, word }: { tone: Tone; word: string } = scan
    ? judge(scan)
    : { tone: 'muted', word: '' };
  const told = [
    scan && describeScan(scan),
    scan && describeIntegrity(scan.integrity, verification?.state),
    places && describeTargets(places.targets),
  ].filter(Boolean);
  const words = [word, ...told].filter(Boolean).map((sentence) => `${sentence}. `);
  useEffect(() => {
    if (scan) announce(words.join(''));
  }, [words.join('')]);
  return (
    <div class="trust-verdict">
      <Words tone={tone}>
        {scan ? <strong>{words[0]}</strong> : 'Looking at its graphs and files… '}
        {words.slice(scan ? 1 : 0).join('')}
      </Words>
      {(scan || places) && (
        <CopyButton
          word="Copy as JSON"
          label="Copy everything on this page as JSON"
          class="outlined"
          text={() => JSON.stringify({ scan, verification, portability: places }, null, 2)}
        />
      )}
    </div>
  );
}
