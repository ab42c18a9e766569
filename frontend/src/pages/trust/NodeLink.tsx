import { Name, ViewLink } from '../parts';

/** A node and its graph: leads to the Graph page, with the node selected. */
export function NodeLink(props: { id: string; graph: string; node: string; scope: string }) {
  const { id, graph, node, scope } = props;
  const to = { page: 'graph', id, graph: graph || '.', scope, node } as const;
  return (
    <>
      <ViewLink to={to} title="Show it in the graph" class="node-link">
        <Name name={node || graph} />
      </ViewLink>
      <span class="muted">
        <Name name={graph || 'main graph'} />
      </span>
    </>
  );
}
