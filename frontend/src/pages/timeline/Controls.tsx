import { formatCount, formatQuantity } from '../../model/format';
import { GROUPINGS, type Grouping } from '../../model/timeline';
import { toggleIn } from '../../routes';
import { go } from '../../state';
import { Chip, Chips, Segments } from '../../ui/Chips';
import type { Settings, Shown } from './view';

const GROUPING_WORDS: Record<Grouping, string> = {
  all: 'Everything',
  role: 'Role',
  layer: 'Layer',
  tensor: 'Tensor',
};

/** How tensors are grouped, and which roles count. */
export function Controls({ shown, settings }: { shown: readonly Shown[]; settings: Settings }) {
  return (
    <div class="timeline-controls">
      <div class="labelled">
        <span class="muted">Lines by</span>
        <Segments
          label="Group tensors by"
          options={GROUPINGS.map((name) => [name, GROUPING_WORDS[name]] as const)}
          value={settings.grouping}
          onChange={(group) => go({ group, lines: '', q: '' })}
        />
      </div>
      <Roles shown={shown} />
    </div>
  );
}

/** Roles whose tensors count; of one role only there is nothing to choose. */
function Roles({ shown }: { shown: readonly Shown[] }) {
  const counts = new Map<string, number>();
  for (const { table } of shown) {
    for (const role of table.roles()) {
      const tensors = table.payload.tensors.role.filter((own) => own === role).length;
      counts.set(role, Math.max(counts.get(role) ?? 0, tensors));
    }
  }
  const chosen = [...(shown[0]?.roles ?? [])].sort().join();
  if (counts.size < 2) return null;
  return (
    <Chips label="Roles">
      {[...counts].map(([role, count]) => (
        <Chip
          key={role}
          pressed={chosen.split(',').includes(role)}
          title={formatQuantity(count, 'tensor')}
          onToggle={() => go({ role: toggleIn(chosen, role), lines: '' })}
        >
          {role} <span>{formatCount(count)}</span>
        </Chip>
      ))}
    </Chips>
  );
}
