import { artifact, go } from '../../state';

const NO_TENSOR: Record<string, string> = {
  checkpoint: 'This artifact stores no variable. A model without weights has nothing to show here.',
  graph_def:
    'This graph has no weights in it. If it was not frozen, its variables are in a checkpoint that was saved with it.',
};

/** No tensor to show: because there is none, or because the filters leave none. */
export function NothingHere({ total }: { total: number }) {
  if (!total) {
    return (
      <div class="empty">
        <h2 class="headline">No tensor</h2>
        <p>{NO_TENSOR[artifact.value?.kind ?? ''] ?? NO_TENSOR.checkpoint}</p>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2 class="headline">Nothing matches</h2>
      <p>No tensor passes the search and the filters above.</p>
      <button
        type="button"
        class="plain outlined"
        onClick={() => go({ q: '', role: '', dtype: '', finding: '' })}
      >
        Show all
      </button>
    </div>
  );
}
