import { useSignal } from '@preact/signals';
import type { ArtifactPayload } from '../../api/types';
import { writeLoadings } from '../../model/loadings';
import { Segments } from '../../ui/Chips';
import { CodeBlock } from '../../ui/Note';
import { Section } from '../Section';

/** Code that loads the artifact, in each way there is; a SavedModel has it with its signatures. */
export function Loadings({ payload }: { payload: ArtifactPayload }) {
  const loadings = payload.error ? [] : writeLoadings(payload);
  const chosen = useSignal('');
  const shown = loadings.find(({ way }) => way === chosen.value) ?? loadings[0];
  if (!shown) return null;
  return (
    <Section
      title="Code to load it"
      extra={
        loadings.length > 1 && (
          <Segments
            label="Way to load it"
            options={loadings.map(({ way }) => [way, way] as const)}
            value={shown.way}
            onChange={(way) => {
              chosen.value = way;
            }}
          />
        )
      }
    >
      <CodeBlock code={shown.code} label={`Python that loads it: ${shown.way}`} />
    </Section>
  );
}
