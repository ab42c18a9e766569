import { giveRole, ROLE_NAMES, type Role, type Roles } from '../../model/frames';
import { pageRange, type Range } from '../../model/slices';
import { AxisPicker, Pager } from './Axes';

const NAMES: Record<Role, string> = {
  rows: 'Rows',
  columns: 'Columns',
  down: 'Tiles down',
  across: 'Tiles across',
};

/** Which axes are rows, columns and tiles, how much of each is shown, and steps along the others. */
export function PictureAxes(props: {
  region: readonly Range[];
  shape: readonly number[];
  roles: Roles;
  onRoles: (roles: Roles) => void;
  onChange: (region: Range[]) => void;
}) {
  const { region, shape, roles } = props;
  const move = (axis: number, by: number) => {
    const next = pageRange(region[axis] as Range, shape[axis] ?? 0, by);
    if (next) props.onChange(region.map((range, index) => (index === axis ? next : range)));
  };
  const shown = ROLE_NAMES.filter((role) => roles[role] >= 0);
  const used = shown.map((role) => roles[role]);
  const others = [...shape.keys()].filter((axis) => !used.includes(axis));
  const pager = (axis: number, label: string) => (
    <Pager
      range={region[axis] as Range}
      size={shape[axis] ?? 0}
      label={label}
      short={shape.length > 1 && used.includes(axis)}
      onMove={(by) => move(axis, by)}
    />
  );
  return (
    <div class="axes picture-axes">
      {shown.map((role) => (
        <div class="axis" key={role}>
          {shape.length > 1 ? (
            <AxisPicker
              label={NAMES[role]}
              axis={roles[role]}
              shape={shape}
              onPick={(axis) => props.onRoles(giveRole(roles, role, axis))}
            />
          ) : (
            <span class="muted">{NAMES[role]}</span>
          )}
          {pager(roles[role], NAMES[role])}
        </div>
      ))}
      {others.map((axis) => (
        <div class="axis" key={axis}>
          <span class="muted">Axis {axis}</span>
          {pager(axis, `Axis ${axis}`)}
        </div>
      ))}
    </div>
  );
}
