import { useSignal } from '@preact/signals';
import type {
  AssetPayload,
  CollectionPayload,
  MetaGraphPayload,
  NamedCount,
} from '../../api/types';
import {
  formatBytes,
  formatCount,
  formatQuantity,
  naturalKey,
  visibleName,
} from '../../model/format';
import { compileSearch } from '../../model/search';
import { Icon } from '../../ui/Icon';
import { Name } from '../parts';
import { Section, useMore } from '../Section';

/** What is in a MetaGraph beside its signatures. */
export function Contents({ graph }: { graph: MetaGraphPayload }) {
  return (
    <>
      <Assets assets={graph.assets} />
      <Counts title="Functions" unit="node" rows={graph.functions} placeholder="Search functions" />
      <Counts title="Ops" unit="" rows={graph.ops} placeholder="Search ops" bars />
      <Collections collections={graph.collections} />
    </>
  );
}

function Assets({ assets }: { assets: readonly AssetPayload[] }) {
  const { shown, button } = useMore(assets, FIRST_LINES);
  if (!assets.length) return null;
  return (
    <Section title="Assets" count={assets.length}>
      <ul class="lines">
        {shown.map((asset) => (
          <li key={`${asset.name} ${asset.tensor}`}>
            <Name name={asset.name} />
            <span class="muted">fed to</span>
            <code>{asset.tensor}</code>
            <span class="spring" />
            {asset.nbytes === null ? (
              <span class="state bad">
                <Icon name="error" />
                missing
              </span>
            ) : (
              <span class="number muted">{formatBytes(asset.nbytes)}</span>
            )}
          </li>
        ))}
      </ul>
      {button}
    </Section>
  );
}

/** Lists that TF1 keeps beside a graph: of nodes, of serialized objects, of numbers. */
function Collections({ collections }: { collections: readonly CollectionPayload[] }) {
  const { shown, button } = useMore(collections, MOST_COLLECTIONS);
  if (!collections.length) return null;
  return (
    <Section title="Collections" count={collections.length}>
      <table class="totals collections">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">List of</th>
            <th scope="col">Entries</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ name, kind, count }) => (
            <tr key={name}>
              <td>{visibleName(name)}</td>
              <td class="muted">{LISTS[kind] ?? kind}</td>
              <td class="number">{formatCount(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {button}
    </Section>
  );
}

const MOST_COLLECTIONS = 30;

/** What `CollectionDef` calls its lists, in words. */
const LISTS: Record<string, string> = {
  node_list: 'nodes',
  bytes_list: 'bytes',
  int64_list: 'integers',
  float_list: 'floats',
  any_list: 'messages',
};

/** Lines that show before a person asks for the rest. */
const FIRST_LINES = 12;

function Counts(props: {
  title: string;
  unit: string;
  rows: readonly NamedCount[];
  placeholder?: string;
  bars?: boolean;
}) {
  const search = useSignal('');
  const match = compileSearch(search.value);
  const found = typeof match === 'string' ? [] : props.rows.filter((row) => match(row.name));
  const most = Math.max(...props.rows.map((row) => row.count), 1);
  const lines = props.bars ? found : sortByName(found);
  const { shown, button } = useMore(lines, FIRST_LINES);
  if (!props.rows.length) return null;
  return (
    <Section
      title={props.title}
      count={props.rows.length}
      extra={
        props.rows.length > FIRST_LINES && props.placeholder ? (
          <input
            class="field narrow"
            type="search"
            aria-label={props.placeholder}
            placeholder={props.placeholder}
            value={search.value}
            onInput={(event) => {
              search.value = event.currentTarget.value;
            }}
          />
        ) : null
      }
    >
      <ul class={`lines counts ${props.bars ? 'two' : ''}`}>
        {shown.map((row) => (
          <li key={row.name} style={props.bars ? { '--part': row.count / most } : undefined}>
            <Name name={row.name} />
            <span class="spring" />
            <span class="number muted">
              {props.unit ? formatQuantity(row.count, props.unit) : formatCount(row.count)}
            </span>
          </li>
        ))}
      </ul>
      {!found.length && <p class="muted">Nothing matches.</p>}
      {button}
    </Section>
  );
}

function sortByName(rows: readonly NamedCount[]): NamedCount[] {
  const keyed = rows.map((row) => ({ row, key: naturalKey(row.name) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ row }) => row);
}
