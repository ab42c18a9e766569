import {
  formatBytes,
  formatExactBytes,
  formatQuantity,
  formatShape,
  visibleName,
} from '../../model/format';
import type { TensorTable } from '../../model/tensors';
import { route } from '../../state';
import { CopyButton } from '../../ui/CopyButton';
import { Fact } from '../../ui/Fact';
import { Note } from '../../ui/Note';
import { PanelHead } from '../../ui/PanelHead';
import { ViewLink } from '../parts';
import type { StatsFeed } from './feed';
import { Spectrum } from './Spectrum';
import { Statistics } from './Statistics';
import { Values } from './Values';

/** One tensor: what it is, and its values. `row` is -1 where the key is not of this artifact. */
export function Drawer(props: {
  table: TensorTable;
  row: number;
  feed: StatsFeed | undefined;
  onClose: () => void;
}) {
  const { table, row } = props;
  const key = route.value.tensor;
  const name = visibleName(table.columns.name[row] ?? key);
  return (
    <section class="drawer" aria-label={`Tensor ${name}`}>
      <PanelHead title={name} copy={table.columns.name[row] ?? key} onClose={props.onClose} />
      {row < 0 ? (
        <Note tone="warn" title="No such tensor here">
          This artifact has no tensor of this key. The link may be from before it was saved again.
        </Note>
      ) : (
        <>
          <TensorFacts table={table} row={row} />
          <Statistics table={table} row={row} feed={props.feed} />
          <Spectrum key={`spectrum ${key}`} table={table} row={row} />
          <Values key={key} table={table} row={row} />
        </>
      )}
    </section>
  );
}

function TensorFacts({ table, row }: { table: TensorTable; row: number }) {
  const { columns } = table;
  const original = columns.alias_of[row] ?? -1;
  const key = columns.key[row] ?? '';
  const nbytes = columns.nbytes[row] ?? 0;
  const elements = table.parameters[row] ?? 0;
  return (
    <dl class="tensor-facts">
      {key !== columns.name[row] && (
        <Fact name="Key">
          <span class="key-text" title={visibleName(key)}>
            {visibleName(key)}
          </span>
          <CopyButton text={key} label="Copy the key" class="small" />
        </Fact>
      )}
      <Fact name="Type">
        <span title={formatExactBytes(nbytes)}>
          {columns.dtype[row]} {formatShape(columns.shape[row] ?? [])}
          <span class="muted">
            {' · '}
            {elements > 0 && `${formatQuantity(elements, 'element')} · `}
            {table.holdsValues ? formatBytes(nbytes) : 'not stored here'}
          </span>
        </span>
      </Fact>
      <Fact name="Role">{columns.role[row]}</Fact>
      {original >= 0 && (
        <Fact name="Alias of">
          <ViewLink
            to={{ ...route.value, tensor: columns.key[original] ?? '', slice: '' }}
            title="Same content, counted once"
          >
            {visibleName(columns.name[original] ?? '')}
          </ViewLink>
        </Fact>
      )}
    </dl>
  );
}
