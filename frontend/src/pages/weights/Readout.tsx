import type { TensorPlace } from '../../api/client';
import { formatCount } from '../../model/format';
import { cellOf, elementsOf, exactBlock, type Picture, regionOf } from '../../model/pictures';
import { formatExact, formatSlice } from '../../model/slices';
import { useAnswer } from '../../state';
import { formatNumber } from '../../ui/colours';
import type { Spot } from '../../ui/heat';
import type { Asked } from './asked';
import { placeKey } from './look';

/** Index and value of what the cursor is on: exact for an element, in words for a block of them. */
export function Readout(props: {
  asked: Asked;
  at: TensorPlace;
  picture: Picture | undefined;
  cursor: Spot | null;
}) {
  const { asked, picture, cursor } = props;
  if (!cursor) {
    return <p class="readout muted">Point at a cell or use the arrow keys to read it.</p>;
  }
  const { rows, columns } = picture?.payload ?? {};
  const block = [rows?.block ?? 1, columns?.block ?? 1] as const;
  const where = formatSlice(regionOf(asked.region, asked.roles, cursor, block), asked.shape);
  return (
    <p class="readout" aria-live="polite">
      <code>[{where}]</code>
      {picture ? (
        <Value {...props} picture={picture} cursor={cursor} />
      ) : (
        <span class="muted">…</span>
      )}
    </p>
  );
}

function Value(props: { asked: Asked; at: TensorPlace; picture: Picture; cursor: Spot }) {
  const { picture, cursor } = props;
  const cell = cellOf(picture, cursor);
  const near = picture.values[cell] ?? 0;
  if (picture.payload.exact) return <Exact {...props} near={near} />;
  const odd = [
    [picture.nan[cell], 'NaN'],
    [picture.posinf[cell], '+Inf'],
    [picture.neginf[cell], '-Inf'],
  ] as const;
  const found = odd.filter(([count]) => count).map(([count, name]) => `${count} ${name}`);
  return (
    <>
      <strong>{Number.isNaN(near) ? 'none finite' : formatNumber(near, 6)}</strong>
      <span class="muted">
        {picture.payload.method === 'mean' ? 'mean' : 'farthest from zero'} of{' '}
        {formatCount(elementsOf(picture, cursor))}
      </span>
      {found.length > 0 && <span class="bad">{found.join(', ')}</span>}
    </>
  );
}

/** The element's own text; until it is here, what its cell says. */
function Exact(props: {
  asked: Asked;
  at: TensorPlace;
  picture: Picture;
  cursor: Spot;
  near: number;
}) {
  const { asked, at, cursor, near } = props;
  const block = exactBlock(asked.region, asked.roles, cursor);
  const slice = formatExact(block.region);
  const { value } = useAnswer(`${placeKey(at)} ${slice}`, (client, signal) =>
    client.values(at, slice, signal),
  );
  const text = value?.text[block.at(cursor)];
  const odd = text !== undefined && /nan|inf/i.test(text);
  const magnitude = props.picture.payload.dtype.startsWith('complex');
  return (
    <>
      <strong class={odd ? 'bad' : ''}>{text ?? `≈ ${formatNumber(near, 6)}`}</strong>
      {magnitude && <span class="muted">magnitude {formatNumber(near, 6)}</span>}
    </>
  );
}
