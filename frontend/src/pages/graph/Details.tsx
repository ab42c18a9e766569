import type { GraphNodePayload, NodeEdgePayload } from '../../api/types';
import type { Description } from '../../graph/describe';
import {
  formatBytes,
  formatCount,
  formatQuantity,
  formatShape,
  formatShort,
  visibleName,
} from '../../model/format';
import { go, route, useAnswer } from '../../state';
import { Fact } from '../../ui/Fact';
import { PanelHead } from '../../ui/PanelHead';
import { Name, Problem, ViewLink } from '../parts';
import { Inner } from './Inner';
import type { GraphModel } from './model';

/** What the selected box stands for. */
export function Details({ model }: { model: GraphModel }) {
  const facts = model.description.value;
  if (!facts) return null;
  const name = visibleName(facts.isBundle ? facts.label : facts.path || facts.label);
  return (
    <section class="graph-details" aria-label={`Details of ${name}`}>
      <PanelHead
        title={visibleName(facts.label)}
        hint={name}
        copy={facts.path}
        onClose={() => void model.select(-1)}
      />
      <Actions model={model} facts={facts} />
      <Inner model={model} facts={facts} />
      {facts.node < 0 ? <ScopeFacts facts={facts} /> : <NodeFacts model={model} facts={facts} />}
    </section>
  );
}

function Actions({ model, facts }: { model: GraphModel; facts: Description }) {
  const isWaiting = model.pathFrom.value === model.selected.value;
  const button = (word: string, title: string, onClick: () => void, pressed?: boolean) => (
    <button
      type="button"
      class="plain small outlined"
      title={title}
      aria-pressed={pressed}
      onClick={onClick}
    >
      {word}
    </button>
  );
  return (
    <div class="graph-actions">
      {button('Ancestors', 'Highlight where its data comes from', () => void model.highlight('up'))}
      {button('Descendants', 'Highlight where its data goes', () => void model.highlight('down'))}
      {button(
        isWaiting ? 'Select the other end' : 'Path to …',
        'Highlight the shortest way to the box you select next',
        () => {
          model.pathFrom.value = isWaiting ? -1 : model.selected.value;
        },
        isWaiting,
      )}
      {facts.node < 0 &&
        !facts.isBundle &&
        facts.path !== route.value.scope &&
        button('Only this scope', 'Show the inside of this scope alone', () =>
          go({ scope: facts.path, node: '' }),
        )}
    </div>
  );
}

function ScopeFacts({ facts }: { facts: Description }) {
  return (
    <>
      <dl class="graph-facts">
        <Fact name={facts.isBundle ? 'In' : 'Scope'}>
          <Name name={facts.path || 'the graph'} />
        </Fact>
        <Fact name="Nodes">{formatCount(facts.nodes)}</Fact>
        <Costs facts={facts} />
      </dl>
      <h3>Ops</h3>
      {!facts.ops.length && <p class="muted">They are known when the scope is opened.</p>}
      <table class="graph-table">
        <tbody>
          {facts.ops.slice(0, 60).map(({ name, count }) => (
            <tr key={name}>
              <td>{visibleName(name)}</td>
              <td class="number">{formatCount(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Costs({ facts }: { facts: Description }) {
  const { parameters, bytes, flops, unknown } = facts;
  return (
    <>
      <Fact name="Parameters">
        <span title={`${formatCount(parameters)}, ${formatQuantity(bytes, 'byte')}`}>
          {formatShort(parameters)}
          {bytes > 0 && <span class="muted"> in {formatBytes(bytes)}</span>}
        </span>
      </Fact>
      <Fact name="FLOPs">
        <span title="Estimated, for one example">
          {unknown && !flops ? 'unknown' : formatShort(flops)}
          {unknown > 0 && flops > 0 && (
            <span class="muted"> and unknown for {formatQuantity(unknown, 'node')}</span>
          )}
        </span>
      </Fact>
    </>
  );
}

function NodeFacts({ model, facts }: { model: GraphModel; facts: Description }) {
  const { id, graph } = model;
  const key = `${id} ${graph} ${facts.node}`;
  const { value, error, retry } = useAnswer(key, async (client, signal) => {
    const node = await client.graphNode(id, graph, facts.node, signal);
    const ends = [...node.inputs, ...node.outputs].map((edge) => edge.node);
    const controls = [...node.control_inputs, ...node.control_outputs];
    const numbers = [...new Set([...ends, ...controls])];
    const names = await model.names(numbers);
    return { node, names: new Map(numbers.map((number, i) => [number, names[i] ?? ''])) };
  });
  if (!value) {
    return error ? (
      <Problem error={error} what="This node cannot be shown" onRetry={retry} />
    ) : (
      <p class="muted">Reading…</p>
    );
  }
  const { node, names } = value;
  return (
    <>
      <dl class="graph-facts">
        <Fact name="Op">
          {visibleName(node.op)}
          {(node.flags & 32) !== 0 && <span class="muted"> not an op of TensorFlow's own</span>}
        </Fact>
        <Fact name="Name">
          <Name name={node.name} />
        </Fact>
        {node.device && <Fact name="Device">{visibleName(node.device)}</Fact>}
        <Costs facts={facts} />
        {facts.variables.map(({ name, key: tensor }) => (
          <Fact name="Variable" key={name}>
            {tensor === null ? (
              visibleName(name)
            ) : (
              <ViewLink to={{ page: 'weights', id, tensor }} title="Its values">
                {visibleName(name)}
              </ViewLink>
            )}
          </Fact>
        ))}
        {facts.calls.map((call) => (
          <Fact name={call.role} key={`${call.role} ${call.function}`}>
            {call.known ? (
              <ViewLink to={{ page: 'graph', id, graph: call.function }} title="Show this function">
                {visibleName(call.function)}
              </ViewLink>
            ) : (
              <>
                {visibleName(call.function)} <span class="muted">not in this file</span>
              </>
            )}
          </Fact>
        ))}
      </dl>
      {node.notes.map((note) => (
        <p class="muted" key={note}>
          {visibleName(note)}
        </p>
      ))}
      <Constant node={node} />
      <Edges
        model={model}
        title="Inputs"
        edges={node.inputs}
        all={node.input_count}
        names={names}
      />
      <Edges
        model={model}
        title="Outputs"
        edges={node.outputs}
        all={node.output_count}
        names={names}
      />
      <Controls model={model} title="Runs after" nodes={node.control_inputs} names={names} />
      <Controls model={model} title="Runs before" nodes={node.control_outputs} names={names} />
      <Attributes node={node} />
      <Source node={node} />
    </>
  );
}

function Constant({ node }: { node: GraphNodePayload }) {
  const { constant } = node;
  if (!constant) return null;
  const more = constant.count - constant.shown;
  return (
    <>
      <h3>
        Value <span class="muted">{`${constant.dtype} ${formatShape(constant.shape)}`}</span>
      </h3>
      <p class="code graph-value">
        {constant.text.map(visibleName).join(', ')}
        {more > 0 && <span class="muted"> … {formatCount(more)} more</span>}
      </p>
    </>
  );
}

interface EdgesProps {
  model: GraphModel;
  title: string;
  edges: readonly NodeEdgePayload[];
  all: number;
  names: ReadonlyMap<number, string>;
}

function Edges({ model, title, edges, all, names }: EdgesProps) {
  if (!all) return null;
  return (
    <>
      <h3>
        {title} <span class="muted">{formatCount(all)}</span>
      </h3>
      <ul class="graph-edges">
        {edges.slice(0, 100).map((edge) => (
          <li key={`${edge.slot} ${edge.node} ${edge.port}`}>
            <span class="muted">{visibleName(edge.name) || edge.slot}</span>
            <NodeButton model={model} node={edge.node} names={names} />
            {edge.type && (
              <span
                class="muted number"
                title={edge.type.inferred ? 'Not in the file: it follows from the op' : undefined}
              >
                {edge.type.inferred ? '≈ ' : ''}
                {edge.type.dtype} {formatShape(edge.type.shape)}
              </span>
            )}
          </li>
        ))}
      </ul>
      {all > 100 && <p class="muted">and {formatCount(all - 100)} more</p>}
    </>
  );
}

function NodeButton(props: {
  model: GraphModel;
  node: number;
  names: ReadonlyMap<number, string>;
}) {
  return (
    <button type="button" class="link" onClick={() => void props.model.goTo(props.node)}>
      <Name name={props.names.get(props.node) ?? String(props.node)} />
    </button>
  );
}

function Controls(props: {
  model: GraphModel;
  title: string;
  nodes: readonly number[];
  names: ReadonlyMap<number, string>;
}) {
  if (!props.nodes.length) return null;
  return (
    <details>
      <summary>
        {props.title} {formatQuantity(props.nodes.length, 'node')}
      </summary>
      <ul class="graph-edges">
        {props.nodes.slice(0, 100).map((node) => (
          <li key={node}>
            <NodeButton model={props.model} node={node} names={props.names} />
          </li>
        ))}
      </ul>
      {props.nodes.length > 100 && (
        <p class="muted">and {formatCount(props.nodes.length - 100)} more</p>
      )}
    </details>
  );
}

function Attributes({ node }: { node: GraphNodePayload }) {
  if (!node.attributes.length) return null;
  return (
    <>
      <h3>Attributes</h3>
      <table class="graph-table">
        <tbody>
          {node.attributes.map((attribute) => (
            <tr key={attribute.name}>
              <td>{visibleName(attribute.name)}</td>
              <td class="code">{visibleName(attribute.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The lines of the program that made it, the innermost first. */
function Source({ node }: { node: GraphNodePayload }) {
  if (!node.source.length) return null;
  return (
    <>
      <h3>Source</h3>
      <ul class="graph-source code">
        {[...node.source].reverse().map(({ file, line, function: name }) => (
          <li key={`${file}:${line}`}>
            <Name name={`${file}:${line}`} />
            <span class="muted"> {visibleName(name)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
