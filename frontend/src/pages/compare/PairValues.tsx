import { useSignal } from '@preact/signals';
import { listValues } from '../../model/diff';
import { formatCount, formatQuantity } from '../../model/format';
import {
  countRegion,
  fitRegion,
  formatExact,
  formatSlice,
  openingRegion,
  parseSlice,
  type Range,
  regionAround,
} from '../../model/slices';
import { classOf } from '../../model/values';
import { go, route, useAnswer } from '../../state';
import { uniformRows } from '../../ui/rows';
import { VirtualGrid } from '../../ui/VirtualGrid';
import { Problem } from '../parts';
import { Axes } from '../weights/Axes';
import { SliceField, useSettled } from '../weights/SliceField';
import type { DrawerProps } from './PairDrawer';

const ROW_PX = 24;
const MOST_ROWS = 16;

/** Elements of a slice of both, one below the other; at first around the first that differs. */
export function PairValues(props: DrawerProps & { first: number[] | null }) {
  const { table, row, first } = props;
  const shape = table.columns.shape[row] ?? [];
  const { slice } = route.value;
  const opening = first ? regionAround(first, shape) : openingRegion(shape);
  const parsed = slice ? parseSlice(slice, shape) : opening;
  const problem = typeof parsed === 'string' ? parsed : '';
  const [region, cut] = fitRegion(typeof parsed === 'string' ? opening : parsed);
  const choose = (next: Range[]) => go({ slice: formatSlice(next, shape) }, { replace: true });
  const words = problem || cut;
  return (
    <div class="values">
      {shape.length > 0 && (
        <div class="slice-line">
          <SliceField text={slice || formatSlice(region, shape)} problem={problem} />
          <Axes region={region} shape={shape} onChange={choose} />
        </div>
      )}
      {words && <p class={`values-note ${problem ? 'bad' : 'muted'}`}>{words}</p>}
      {!problem && <Fetched {...props} region={region} />}
    </div>
  );
}

function Fetched(props: DrawerProps & { region: readonly Range[] }) {
  const { sides, table, row, region } = props;
  const slice = useSettled(formatExact(region));
  const keys = [table.tensorOf(row, true).key, table.tensorOf(row, false).key] as const;
  const { value, error, retry } = useAnswer(
    `${sides.before} ${sides.after} ${keys} ${slice}`,
    (client, signal) =>
      Promise.all([
        client.values({ id: sides.before, key: keys[0] }, slice, signal),
        client.values({ id: sides.after, key: keys[1] }, slice, signal),
      ]),
  );
  const isAll = useSignal(false);
  const active = useSignal(-1);
  if (error) return <Problem error={error} what="These values cannot be shown" onRetry={retry} />;
  if (!value) return <p class="values-note muted">Reading…</p>;
  const lines = listValues(...value, !isAll.value);
  const count = countRegion(region);
  return (
    <>
      <div class="filter-line">
        <span class="muted">
          {isAll.value
            ? formatQuantity(count, 'element')
            : `${formatCount(lines.length)} of ${formatQuantity(count, 'element')} here differ`}
        </span>
        <label class="menu-choice">
          <input
            type="checkbox"
            checked={isAll.value}
            onChange={() => {
              isAll.value = !isAll.value;
            }}
          />
          Equal ones, too
        </label>
      </div>
      {lines.length > 0 && (
        <div
          class="strings-box pair-values"
          style={{ height: `${Math.min(lines.length, MOST_ROWS) * ROW_PX + 34}px` }}
        >
          <VirtualGrid
            role="grid"
            label="Values before and after"
            rows={uniformRows(lines.length, ROW_PX)}
            columns={[
              { id: 'index', title: 'Index', fixed: true },
              { id: 'before', title: 'Before', fixed: true, right: true },
              { id: 'after', title: 'After', fixed: true, right: true },
            ]}
            template="minmax(90px, 1fr) minmax(0, 2fr) minmax(0, 2fr)"
            active={active.value}
            onActive={(index) => {
              active.value = index;
            }}
            onOpen={() => {}}
            rowKey={(index) => lines[index]?.index ?? ''}
          >
            {(index) => {
              const { index: at, before = '', after = '' } = lines[index] ?? {};
              return (
                <div class="cells code">
                  <span role="gridcell" class="muted">
                    {at}
                  </span>
                  <Value text={before} isOther={false} />
                  <Value text={after} isOther={isAll.value && before !== after} />
                </div>
              );
            }}
          </VirtualGrid>
        </div>
      )}
    </>
  );
}

function Value({ text, isOther }: { text: string; isOther: boolean }) {
  return (
    <span role="gridcell" class={`number ${classOf(text)}`} title={text}>
      <span class={isOther ? 'differs' : ''}>{text}</span>
    </span>
  );
}
