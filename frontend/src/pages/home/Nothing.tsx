import type { ArtifactsPayload } from '../../api/types';
import { formatQuantity } from '../../model/format';
import { writeFirstSave } from '../../model/snippets';
import { go } from '../../state';
import { CodeBlock } from '../../ui/Note';
import { Scan } from './Summary';

/** There is no artifact: says why, and what would put one here. */
export function NothingFound({ payload }: { payload: ArtifactsPayload }) {
  const missing = payload.roots.filter((root) => !root.exists);
  if (payload.scan.running) return <Searching payload={payload} />;
  const folder = payload.roots[0]?.path ?? 'logdir';
  return (
    <div class="empty">
      {missing.length ? (
        <>
          <h2 class="headline">The logdir does not exist yet</h2>
          {missing.map((root) => (
            <code key={root.path}>{root.path}</code>
          ))}
          <p>
            As soon as a training job makes it, press Reload. If the path is not what you meant,
            start TensorBoard again with another <code>--logdir</code>.
          </p>
        </>
      ) : (
        <>
          <h2 class="headline">No model and no checkpoint here yet</h2>
          {payload.roots.map((root) => (
            <code key={root.path}>{root.path}</code>
          ))}
          <p>
            {formatQuantity(payload.scan.folders, 'folder')} searched. What shows up here when
            TensorBoard reloads: SavedModels, checkpoints of TensorFlow 1 and 2, Keras files (
            <code>.keras</code>, <code>.weights.h5</code>, <code>.h5</code>), GraphDefs (
            <code>.pb</code>, <code>.pbtxt</code>) and <code>.meta</code> files of TensorFlow 1.
            These lines save the usual ones:
          </p>
        </>
      )}
      <CodeBlock
        code={writeFirstSave(folder)}
        label="Code that saves a checkpoint and a SavedModel"
      />
      {payload.scan.note && <p>{payload.scan.note}</p>}
    </div>
  );
}

function Searching({ payload }: { payload: ArtifactsPayload }) {
  return (
    <div class="empty">
      <h2 class="headline">Searching the logdir</h2>
      {payload.roots.map((root) => (
        <code key={root.path}>{root.path}</code>
      ))}
      <Scan scan={payload.scan} />
    </div>
  );
}

/** Artifacts there are, but the filters leave none. */
export function NothingMatches() {
  return (
    <div class="empty">
      <h2 class="headline">Nothing matches</h2>
      <p>No artifact passes the search and the filters above.</p>
      <button
        type="button"
        class="plain outlined"
        onClick={() => go({ q: '', kind: '', state: '', finding: '' })}
      >
        Show all
      </button>
    </div>
  );
}
