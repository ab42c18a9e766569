import { useMemo } from 'preact/hooks';
import { frameKey } from '../../model/frames';
import { decodePicture } from '../../model/pictures';
import { formatSlice, type Range } from '../../model/slices';
import type { TensorTable } from '../../model/tensors';
import { go, route, useAnswer } from '../../state';
import { Problem } from '../parts';
import { type Asked, goRoles, readAsked, sizeOf } from './asked';
import { PictureAxes } from './PictureAxes';
import { PictureView } from './PictureView';
import { SliceField, useSettled } from './SliceField';
import { Take } from './Take';

/** A slice of a tensor as a heat map, and the ways to choose and take it. */
export function Picture({ table, row }: { table: TensorTable; row: number }) {
  const { columns } = table;
  const { asked, problem, note } = readAsked(columns.key[row] ?? '', columns.shape[row] ?? []);
  const { shape, roles, region } = asked;
  const choose = (next: Range[]) => go({ slice: formatSlice(next, shape) }, { replace: true });
  return (
    <div class="values">
      <div class="slice-line">
        <SliceField text={route.value.slice || formatSlice(region, shape)} problem={problem} />
        <PictureAxes
          region={region}
          shape={shape}
          roles={roles}
          onRoles={(next) => goRoles(asked, next)}
          onChange={choose}
        />
      </div>
      {(problem || note) && (
        <p class={`values-note ${problem ? 'bad' : 'muted'}`}>{problem || note}</p>
      )}
      {!problem && <Fetched asked={asked} table={table} row={row} onChange={choose} />}
      {problem && <Take table={table} row={row} region={region} />}
    </div>
  );
}

function Fetched(props: {
  asked: Asked;
  table: TensorTable;
  row: number;
  onChange: (region: Range[]) => void;
}) {
  const { asked } = props;
  const { id, key, region, roles } = asked;
  const { method } = route.value;
  const settled = useSettled(frameKey(region, roles));
  const [slice = '', axes = ''] = settled.split(' ');
  const size = sizeOf(region, roles);
  const { value, error, retry } = useAnswer(`${id} ${key} ${settled} ${method}`, (client, signal) =>
    client.picture(id, key, { slice, axes, method, ...size }, signal),
  );
  const picture = useMemo(() => value && decodePicture(value), [value]);
  if (error?.type === 'Unsupported') return <p class="values-note muted">{error.message}</p>;
  if (error) {
    return (
      <>
        <Problem error={error} what="This picture cannot be made" onRetry={retry} />
        <Take table={props.table} row={props.row} region={region} />
      </>
    );
  }
  const current = settled === frameKey(region, roles) ? picture : undefined;
  return <PictureView {...props} picture={current} />;
}
