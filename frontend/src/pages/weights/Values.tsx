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
import { route, useAnswer } from '../../state';
import { Segments } from '../../ui/Chips';
import { Problem } from '../parts';
import { Axes } from './Axes';
import { TileChoice } from './asked';
import { type Held, placeKey, useLook } from './look';
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

/** What a tensor of an artifact holds, or why that is not there. */
export function Values(props: { table: TensorTable; row: number }) {
  const { columns, holdsValues } = props.table;
  const key = columns.key[props.row] ?? '';
  const held: Held = {
    at: { id: route.value.id, key },
    name: key,
    dtype: columns.dtype[props.row] ?? '',
    shape: columns.shape[props.row] ?? [],
    nbytes: columns.nbytes[props.row] ?? 0,
  };
  if (NO_VALUES.test(held.dtype)) return <NoValues dtype={held.dtype} />;
  if (!holdsValues) {
    return (
      <p class="values-note muted">
        This file tells which variables there are, not their values: those are in the checkpoint
        that it belongs to. Copied beside it, the two are shown as one.
      </p>
    );
  }
  if (held.dtype === 'string' && held.shape.length) return <Strings held={held} />;
  return <HeldValues held={held} />;
}

/** Numbers as a table or a picture. */
export function HeldValues({ held }: { held: Held }) {
  const look = useLook();
  const { dtype, shape } = held;
  const picture = look.value.show === 'picture';
  const count = countElements(shape);
  if (dtype === 'string' || count < 2) {
    const words = count
      ? 'A single element: there is nothing to picture.'
      : 'No element: there is nothing to picture.';
    return <Table held={held} note={picture && dtype !== 'string' ? words : ''} />;
  }
  return (
    <>
      <div class="shown-as">
        <Segments
          label="How values are shown"
          options={VIEWS}
          value={picture ? 'picture' : ''}
          onChange={(show) => look.go({ show })}
        />
        {picture && <TileChoice shape={shape} />}
      </div>
      {picture ? <Picture held={held} /> : <Table held={held} />}
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
function Table({ held, note = '' }: { held: Held; note?: string }) {
  const look = useLook();
  const { shape } = held;
  const { slice } = look.value;
  const parsed = slice ? parseSlice(slice, shape) : openingRegion(shape);
  const problem = typeof parsed === 'string' ? parsed : '';
  const [region, cut] = fitRegion(typeof parsed === 'string' ? openingRegion(shape) : parsed);
  const choose = (next: Range[]) => look.go({ slice: formatSlice(next, shape) }, { replace: true });
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
      {!problem && <Fetched held={held} region={region} />}
      <Take held={held} region={region} />
    </div>
  );
}

/** Answers come in order of asking: one that is overtaken is aborted. */
function Fetched({ held, region }: { held: Held; region: readonly Range[] }) {
  const exact = useSettled(formatExact(region));
  const { value, error, retry } = useAnswer(`${placeKey(held.at)} ${exact}`, (client, signal) =>
    client.values(held.at, exact, signal),
  );
  if (error?.type === 'Unsupported') return <p class="values-note muted">{error.message}</p>;
  if (error) {
    return <Problem error={error} what="These values cannot be read" onRetry={retry} />;
  }
  return <ValueTable payload={value} region={region} />;
}
