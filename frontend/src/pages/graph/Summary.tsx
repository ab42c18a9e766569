import { useEffect, useMemo } from 'preact/hooks';
import type { GraphsPayload } from '../../api/types';
import { at } from '../../graph/wire';
import { writeCsv } from '../../model/csv';
import {
  formatBytes,
  formatCount,
  formatExactBytes,
  formatQuantity,
  formatShort,
} from '../../model/format';
import { go, route } from '../../state';
import { Segments } from '../../ui/Chips';
import { CopyButton } from '../../ui/CopyButton';
import { downloadText } from '../../ui/download';
import { Icon } from '../../ui/Icon';
import { Note } from '../../ui/Note';
import { adoptStyles } from '../../ui/styles';
import type { GraphModel } from './model';
import { OpTable } from './OpTable';
import { opRows, opTable } from './ops';
import { ScopeMap } from './ScopeMap';
import { ScopeTable } from './ScopeTable';
import { ScopeTree, scopeRows, writeTsv } from './scopes';
import css from './summary.css?inline';

adoptStyles(css);

const PARTS = ['', 'map', 'ops'] as const;
type Part = (typeof PARTS)[number];

/** What a graph amounts to: sums of its scopes as a table or a map, and the ops it uses. */
export function Summary({ model, graphs }: { model: GraphModel; graphs: GraphsPayload }) {
  const info = model.info.value;
  useEffect(() => void model.summarise(), [model, info]);
  const summary = model.summary.value;
  const tree = useMemo(() => summary && new ScopeTree(summary), [summary]);
  const ops = useMemo(
    () => (summary ? opRows(graphs, summary, model.graph) : []),
    [summary, graphs, model],
  );
  if (!tree || !info) return <p class="waiting">Adding up…</p>;
  const part = PARTS.find((one) => one === route.value.part) ?? '';
  const { isLayers } = tree.summary;
  const rows = () => (part === 'ops' ? opTable(ops, graphs, isLayers) : scopeRows(tree));
  return (
    <section class="summary" aria-label="Summary">
      <div class="summary-head">
        <Segments<Part>
          label="Part of the summary"
          options={[
            ['', isLayers ? 'Layers' : 'Scopes'],
            ['map', 'Map'],
            ['ops', isLayers ? 'Classes' : 'Ops'],
          ]}
          value={part}
          onChange={(next) => go({ part: next, sort: '', q: '', kind: '' })}
        />
        <Totals tree={tree} />
        <span class="spring" />
        <Take rows={rows} name={part || 'scopes'} />
      </div>
      {info.partial && (
        <div class="graph-note">
          <Note tone="info">
            This graph is too large to load whole: parameters and operations are those of what is
            loaded, a scope's inside once the picture shows it.
          </Note>
        </div>
      )}
      {part === '' && <ScopeTable tree={tree} />}
      {part === 'map' && <ScopeMap tree={tree} />}
      {part === 'ops' && <OpTable rows={ops} graphs={graphs} isLayers={isLayers} />}
    </section>
  );
}

function Totals({ tree }: { tree: ScopeTree }) {
  const { nodes, parameters, nbytes, flops, unknown, isLayers } = tree.summary;
  const [known, lost] = [at(flops, 0), at(unknown, 0)];
  return (
    <p class="summary-totals">
      <span>{formatQuantity(at(nodes, 0), isLayers ? 'layer' : 'node')}</span>
      <span title={`${formatCount(at(parameters, 0))}, ${formatExactBytes(at(nbytes, 0))}`}>
        <strong>{formatShort(at(parameters, 0))}</strong> parameters
        {at(nbytes, 0) > 0 && <span class="muted"> {formatBytes(at(nbytes, 0))}</span>}
      </span>
      {isLayers ? (
        <span class="muted">FLOPs of layers are unknown</span>
      ) : (
        <span title="Estimated for one example: docs/graph.md has the formulas">
          {known || !lost ? <strong>{formatShort(known)}</strong> : 'unknown'} FLOPs
          {lost > 0 && known > 0 && (
            <span class="muted"> and unknown for {formatQuantity(lost, 'node')}</span>
          )}
        </span>
      )}
    </p>
  );
}

function Take({ rows, name }: { rows: () => (string | number)[][]; name: string }) {
  return (
    <>
      <CopyButton
        word="Copy"
        label="Copy the whole table, for a spreadsheet"
        text={() => writeTsv(rows())}
        class="small"
      />
      <button
        type="button"
        class="plain small"
        title="Save the whole table as comma-separated values"
        onClick={() => downloadText(`graph-${name}.csv`, writeCsv(rows()), 'text/csv')}
      >
        <Icon name="download" />
        CSV
      </button>
    </>
  );
}
