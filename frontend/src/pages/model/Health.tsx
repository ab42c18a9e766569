import type { ArtifactRow } from '../../api/types';
import { describeKind, toneOf } from '../../model/findings';
import { formatCount, formatQuantity } from '../../model/format';
import { useAnswer } from '../../state';
import { FindingList } from '../Findings';
import { ViewLink } from '../parts';

/** What is known to be wrong with the weights; nothing is read for it, and nothing said of health. */
export function Health({ artifact }: { artifact: ArtifactRow }) {
  const { id, findings } = artifact;
  const { value } = useAnswer(id, (client, signal) => client.health(id, signal));
  const whole = value?.findings ?? [];
  if (!findings.length && !whole.length) return null;
  return (
    <section class="card health" aria-label="Health">
      <div class="card-head">
        <h3>Health</h3>
        {findings.map(({ kind, severity, tensors }) => (
          <ViewLink
            key={kind}
            to={{ page: 'weights', id, finding: kind }}
            class="chip"
            title={`${formatQuantity(tensors, 'tensor')}: show them`}
          >
            <i class={`dot ${toneOf(severity)}`} />
            {describeKind(kind)}
            <span>{formatCount(tensors)}</span>
          </ViewLink>
        ))}
      </div>
      {whole.length > 0 && (
        <div class="health-whole">
          <FindingList findings={whole} label="Findings of the artifact" />
        </div>
      )}
    </section>
  );
}
