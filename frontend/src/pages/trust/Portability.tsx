import type { ApiError } from '../../api/client';
import type { PortabilityPayload } from '../../api/types';
import { formatCount, formatQuantity, visibleName } from '../../model/format';
import { describeWriter } from '../../model/trust';
import { CodeBlock, Note } from '../../ui/Note';
import { Fact } from '../Fingerprint';
import { Problem } from '../parts';
import { Section } from '../Section';
import { Ops } from './Ops';
import { Targets } from './Targets';

/** Where it runs. */
export function Portability(props: {
  id: string;
  /** Why it cannot be opened. */
  problem: string | undefined;
  value: PortabilityPayload | undefined;
  error: ApiError | undefined;
  retry: () => void;
}) {
  const { id, problem, value, error, retry } = props;
  const { releases = [], ops } = value ?? {};
  return (
    <Section
      title="Portability"
      extra={
        releases.length > 0 && (
          <span class="muted">
            the tables know TensorFlow {releases[0]} to {releases.at(-1)}
          </span>
        )
      }
    >
      {problem ? (
        <p class="muted">It cannot be opened, so where it runs is not known.</p>
      ) : (
        error && (
          <Problem error={error} what="Where it runs cannot be told from it" onRetry={retry} />
        )
      )}
      {!value && !error && !problem && <p class="muted">Looking at its ops…</p>}
      {value && (
        <>
          <Targets id={id} payload={value} />
          <About payload={value} />
          {ops && ops.op.length > 0 && <Ops ops={ops} />}
          {value.notes.map((note) => (
            <Note key={note} tone="info" copy={note}>
              {visibleName(note)}
            </Note>
          ))}
          <div class="trust-command">
            <CodeBlock code={value.command} label="Portability in a terminal" />
          </div>
        </>
      )}
    </Section>
  );
}

/** What is known of its makers and its needs. */
function About({ payload }: { payload: PortabilityPayload }) {
  const { writers, packages, devices, dtypes } = payload;
  return (
    <dl class="facts trust-about">
      {writers.map((writer) => (
        <Fact key={writer.tags.join()} name="Written by">
          {describeWriter(writer) || 'not stored'}
          {writers.length > 1 && (
            <span class="muted"> {writer.tags.map(visibleName).join(', ')}</span>
          )}
        </Fact>
      ))}
      {payload.ops.op.length > 0 && <Oldest payload={payload} />}
      {packages.map(({ name, command, ops }) => (
        <Fact key={name} name="Add-on" copy={command} title={ops.map(visibleName).join('\n')}>
          <code>{command}</code> <span class="muted">for {formatQuantity(ops.length, 'op')}</span>
        </Fact>
      ))}
      {devices.length > 0 && <Fact name="Pinned to">{listCounts(devices)}</Fact>}
      {dtypes.length > 0 && <Fact name="Types">{listCounts(dtypes)}</Fact>}
    </dl>
  );
}

/** The oldest TensorFlow that takes it, and what an older one lacks. */
function Oldest({ payload }: { payload: PortabilityPayload }) {
  const { oldest, oldest_because, releases } = payload;
  const why = oldest_because.map(({ fact }) => visibleName(fact));
  const orOlder = oldest && oldest === releases[0] ? ' or older' : '';
  return (
    <Fact name="Oldest" title={why.join('\n')}>
      {oldest ? `TensorFlow ${oldest}${orOlder}` : 'none that is known'}
      {why[0] && <span class="muted"> {why[0]}</span>}
      {why.length > 1 && <span class="muted"> And {formatCount(why.length - 1)} more.</span>}
    </Fact>
  );
}

function listCounts(counts: readonly { name: string; count: number }[]): string {
  return counts.map(({ name, count }) => `${visibleName(name)} ${formatCount(count)}×`).join(', ');
}
