import { toggleIn } from '../../routes';
import { go, route } from '../../state';
import { Menu } from '../../ui/Menu';
import { CHOICES, type Layout, needsStats } from './columns';

/** Which columns there are; those chosen are kept in the address. */
export function ColumnsMenu(props: { layout: Layout; hasValues: boolean }) {
  const shown = new Set(props.layout.ids);
  const choices = CHOICES.filter((column) => props.hasValues || !needsStats(column.id));
  const toggle = (id: string) => {
    // A table of names alone is a choice as well, and must not read as none.
    const cols = toggleIn(props.layout.ids.join(), id) || 'name';
    go({ cols }, { replace: true });
  };
  return (
    <Menu word="Columns" label="Columns">
      {choices.map((column) => (
        <label key={column.id} class="menu-choice">
          <input
            type="checkbox"
            checked={shown.has(column.id)}
            onChange={() => toggle(column.id)}
          />
          {column.title}
          {column.means && <span class="muted">{column.means}</span>}
        </label>
      ))}
      <button
        type="button"
        class="plain small"
        disabled={!route.value.cols}
        onClick={() => go({ cols: '' }, { replace: true })}
      >
        As many as fit
      </button>
    </Menu>
  );
}
