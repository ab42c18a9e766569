import { useSignal } from '@preact/signals';
import type { ArtifactRow, FindingPayload, VerifyPayload } from '../api/types';
import { formatCount, visibleName } from '../model/format';
import {
  countProblems,
  formatRange,
  problemsOf,
  shortenKey,
  shortenPath,
  writeFinding,
} from '../model/integrity';
import { CopyButton } from '../ui/CopyButton';
import { Name, ViewLink } from './parts';

/** Rows that show before a person asks for the rest. */
const FIRST_ROWS = 8;

/** What is wrong, each with its place and what to do; all of it can be copied. */
export function Damage(props: { artifact: ArtifactRow; payload: VerifyPayload }) {
  const { artifact, payload } = props;
  const all = useSignal(false);
  const problems = problemsOf(payload);
  const rows = all.value ? problems : problems.slice(0, FIRST_ROWS);
  const unlisted = countProblems(payload) - problems.length;
  return (
    <div class="integrity-part">
      <table class="damage">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Bytes</th>
            <th scope="col">Tensor</th>
            <th scope="col">Problem</th>
            <th>
              <CopyButton
                text={() => problems.map(writeFinding).join('\n')}
                label="Copy all problems"
                class="small"
              />
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((finding) => (
            <Row
              key={`${finding.path} ${finding.start} ${finding.fact}`}
              artifact={artifact}
              finding={finding}
            />
          ))}
        </tbody>
      </table>
      {problems.length > FIRST_ROWS && (
        <button
          type="button"
          class="plain small more"
          onClick={() => {
            all.value = !all.value;
          }}
        >
          {all.value ? 'Show fewer' : `Show all ${formatCount(problems.length)}`}
        </button>
      )}
      {unlisted > 0 && (
        <p class="muted small-print">
          {formatCount(unlisted)} more are not listed; <code>modelinspect verify --json</code>{' '}
          counts them too.
        </p>
      )}
    </div>
  );
}

function Row({ artifact, finding }: { artifact: ArtifactRow; finding: FindingPayload }) {
  const { tensor } = finding;
  return (
    <tr>
      <td>
        <Name name={shortenPath(finding.path, artifact.path)} />
      </td>
      <td class="number">{formatRange(finding)}</td>
      <td>
        {tensor === null ? (
          <span class="muted">{visibleName(finding.thing)}</span>
        ) : (
          <ViewLink to={{ page: 'weights', id: artifact.id, tensor }} title={visibleName(tensor)}>
            <Name name={shortenKey(tensor)} />
          </ViewLink>
        )}
      </td>
      <td>
        {visibleName(finding.fact)}
        <span class="muted next-step">{finding.next_step}</span>
      </td>
      <td>
        <CopyButton text={writeFinding(finding)} label="Copy this problem" class="small" />
      </td>
    </tr>
  );
}
