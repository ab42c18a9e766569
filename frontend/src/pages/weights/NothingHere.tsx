import { go } from '../../state';

/** No tensor to show: because there is none, or because the filters leave none. */
export function NothingHere({ total }: { total: number }) {
  if (!total) {
    return (
      <div class="empty">
        <h2 class="headline">No tensor</h2>
        <p>This artifact stores no variable. A model without weights has nothing to show here.</p>
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
        onClick={() => go({ q: '', role: '', dtype: '' })}
      >
        Show all
      </button>
    </div>
  );
}
