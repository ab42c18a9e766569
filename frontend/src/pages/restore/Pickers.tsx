import type { ArtifactRow } from '../../api/types';
import { suggestSources, suggestTargets } from '../../model/suggestions';
import { route } from '../../state';
import { Icon } from '../../ui/Icon';
import { Picker } from '../Picker';
import { visit } from '../parts';

/** The two sides: which checkpoint, and what it is restored into. */
export function Pickers(props: {
  rows: readonly ArtifactRow[];
  checkpoint: ArtifactRow | undefined;
  target: ArtifactRow | undefined;
}) {
  const { rows, checkpoint, target } = props;
  const { id, with: into } = route.value;
  return (
    <div class="restore-sides">
      <Picker
        label="Restore this checkpoint"
        value={id}
        suggested={target ? suggestSources(rows, target) : []}
        onPick={(picked) => choose(picked, into)}
      />
      <button
        type="button"
        class="plain square"
        title="Exchange the two"
        aria-label="Exchange the two"
        disabled={!into}
        onClick={() => choose(into, id)}
      >
        <Icon name="swap" />
      </button>
      <Picker
        label="Into"
        value={into}
        suggested={checkpoint ? suggestTargets(rows, checkpoint) : []}
        onPick={(picked) => choose(id, picked)}
      />
    </div>
  );
}

/** Options and filters belong to the pair before; how the rows are filtered stays. */
function choose(id: string, into: string) {
  visit({ page: 'restore', id, with: into, state: route.value.state });
}
