import { countElements } from '../../model/format';
import {
  fitRegion,
  formatExact,
  formatSlice,
  openingRegion,
  parseSlice,
  type Range,
} from '../../model/slices';
import type { TensorTable } from '../../model/tensors';
import { go, route, useAnswer } from '../../state';
import { Segments } from '../../ui/Chips';
import { Problem } from '../parts';
import { Axes } from './Axes';
import { TileChoice } from './asked';
import { Picture } from './Picture';
import { SliceField, useSettled } from './SliceField';
import { Strings } from './Strings';
import { Take } from './Take';
import { ValueTable } from './ValueTable';

/** Types that hold no numbers and no text: objects of a running program, or types of the future. */
const NO_VALUES = /^(resource|variant|invalid|DT_.*|.*_ref)$/;

const VIEWS = [
  ['', 'Values'],
  ['picture', 'Picture'],
] as const;

/** What a tensor holds: numbers as a table or a picture, strings as a list, or why there is none. */
export function Values(props: { table: TensorTable; row: number }) {
  const { columns, holdsValues } = props.table;
  const shape = columns.shape[props.row] ?? [];
  const dtype = columns.dtype[props.row] ?? '';
  const picture = route.value.show === 'picture';
  if (NO_VALUES.test(dtype)) return <NoValues dtype={dtype} />;
  if (!holdsValues) {
    return (
      <p class="values-note muted">
        This file tells which variables there are, not their values: those are in the checkpoint
        that it belongs to. Copied beside it, the two are shown as one.
      </p>
    );
  }
  if (dtype === 'string' && shape.length) return <Strings {...props} />;
  const count = countElements(shape);
  if (dtype === 'string' || count < 2) {
    const words = count
      ? 'A single element: there is nothing to picture.'
      : 'No element: there is nothing to picture.';
    return <Table {...props} note={picture && dtype !== 'string' ? words : ''} />;
  }
  return (
    <>
      <div class="shown-as">
        <Segments
          label="How values are shown"
          options={VIEWS}
          value={picture ? 'picture' : ''}
          onChange={(show) => go({ show })}
        />
        {picture && <TileChoice shape={shape} />}
      </div>
      {picture ? <Picture {...props} /> : <Table {...props} />}
    </>
  );
}

function NoValues({ dtype }: { dtype: string }) {
  return (
    <p class="values-note muted">
      {dtype === 'variant'
        ? 'A variant is an object that TensorFlow packs in its own way, such as a list of tensors. Its name and shape are known; what is in it is not shown.'
        : `Values of type ${dtype} cannot be shown.`}
    </p>
  );
}

/** Values of a slice, and the ways to choose and take it. */
function Table({ table, row, note = '' }: { table: TensorTable; row: number; note?: string }) {
  const shape = table.columns.shape[row] ?? [];
  const { slice } = route.value;
  const parsed = slice ? parseSlice(slice, shape) : openingRegion(shape);
  const problem = typeof parsed === 'string' ? parsed : '';
  const [region, cut] = fitRegion(typeof parsed === 'string' ? openingRegion(shape) : parsed);
  const choose = (next: Range[]) => go({ slice: formatSlice(next, shape) }, { replace: true });
  const words = problem || [note, cut].filter(Boolean).join(' ');
  return (
    <div class="values">
      {shape.length > 0 && (
        <div class="slice-line">
          <SliceField text={slice || formatSlice(region, shape)} problem={problem} />
          <Axes region={region} shape={shape} onChange={choose} />
        </div>
      )}
      {words && <p class={`values-note ${problem ? 'bad' : 'muted'}`}>{words}</p>}
      {!problem && <Fetched table={table} row={row} region={region} />}
      <Take table={table} row={row} region={region} />
    </div>
  );
}

/** Answers come in order of asking: one that is overtaken is aborted. */
function Fetched(props: { table: TensorTable; row: number; region: readonly Range[] }) {
  const { table, row, region } = props;
  const { id } = route.value;
  const key = table.columns.key[row] ?? '';
  const exact = useSettled(formatExact(region));
  const { value, error, retry } = useAnswer(`${id} ${key} ${exact}`, (client, signal) =>
    client.values(id, key, exact, signal),
  );
  if (error?.type === 'Unsupported') return <p class="values-note muted">{error.message}</p>;
  if (error) {
    return <Problem error={error} what="These values cannot be read" onRetry={retry} />;
  }
  return <ValueTable payload={value} region={region} />;
}
