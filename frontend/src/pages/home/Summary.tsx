import type { ArtifactsPayload, ScanInfo } from '../../api/types';
import { type ArtifactSums, sumArtifacts } from '../../model/artifacts';
import { formatBytes, formatCount, formatQuantity } from '../../model/format';
import { go } from '../../state';
import { Note } from '../../ui/Note';
import { describeAttention } from './rows';

/** How many, how big, and how far the search for artifacts is. */
export function Summary({ payload, shown }: { payload: ArtifactsPayload; shown: ArtifactSums }) {
  const all = sumArtifacts(payload.artifacts);
  const runs = new Set(payload.artifacts.map((row) => row.run).filter((run) => run !== null));
  const part = shown.artifacts !== all.artifacts;
  return (
    <>
      <div class="summary">
        <h2 class="headline">
          {part && <>{formatCount(shown.artifacts)} of </>}
          {formatQuantity(all.artifacts, 'artifact')}
        </h2>
        <p class="muted">
          {formatQuantity(runs.size, 'run')} · {formatBytes(part ? shown.nbytes : all.nbytes)}
          {all.attention > 0 && (
            <>
              {' · '}
              <button
                type="button"
                class="attention"
                title="Show only these"
                onClick={() => go({ state: 'broken,deleted,partial' })}
              >
                {describeAttention(all.attention)}
              </button>
            </>
          )}
        </p>
        <span class="spring" />
        <Roots payload={payload} />
        <Scan scan={payload.scan} />
      </div>
      {payload.scan.note && !payload.scan.running && (
        <div class="page-notes">
          <Note tone="warn" copy={payload.scan.note}>
            {payload.scan.note}
          </Note>
        </div>
      )}
    </>
  );
}

function Roots({ payload }: { payload: ArtifactsPayload }) {
  const paths = payload.roots.map((root) => root.path);
  if (!paths.length) return null;
  return (
    <span class="roots muted" title={paths.join('\n')}>
      {paths.length === 1 ? paths[0] : formatQuantity(paths.length, 'folder')}
    </span>
  );
}

/** What the search is at. */
export function Scan({ scan }: { scan: ScanInfo }) {
  if (!scan.running) return null;
  return (
    <span class="scan" role="status">
      <span class="pulse" />
      searching… {formatQuantity(scan.folders, 'folder')}
    </span>
  );
}
