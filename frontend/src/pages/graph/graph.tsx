import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { GraphsPayload } from '../../api/types';
import { COLOURINGS, type Colouring } from '../../graph/colour';
import { prepareSession } from '../../graph/remote';
import { USUAL } from '../../graph/session';
import { formatQuantity, visibleName } from '../../model/format';
import { api, go, homeRoute, reloads, route, useAnswer } from '../../state';
import { announce } from '../../ui/announce';
import { Note } from '../../ui/Note';
import { Split } from '../../ui/Split';
import { adoptStyles } from '../../ui/styles';
import { Problem, ViewLink } from '../parts';
import { Canvas } from './Canvas';
import { Details } from './Details';
import css from './graph.css?inline';
import { GraphModel, MAIN } from './model';
import { Outline } from './Outline';
import { Summary } from './Summary';
import { Crumbs, SUMMARY, Toolbar } from './Toolbar';

adoptStyles(css);

/** What a model computes. */
export default function Graph() {
  const { id } = route.value;
  const { value, error, retry } = useAnswer(id, (client, signal) => client.graphs(id, signal));
  useEffect(prepareSession, [id]);
  if (value?.graphs.id.length) return <Chosen graphs={value} />;
  if (!value && !error) return <p class="waiting">Reading the graph…</p>;
  return (
    <div class="page-notes">
      {error ? (
        <Problem error={error} what="The graph cannot be shown" onRetry={retry} />
      ) : (
        <Note tone="info" title="No graph here">
          This file stores weights, but not what is computed with them.
        </Note>
      )}
      <p class="after-note">
        <ViewLink to={{ page: 'model', id }}>What is known of this artifact</ViewLink>
        {' · '}
        <ViewLink to={homeRoute.value}>All artifacts</ViewLink>
      </p>
    </div>
  );
}

function Chosen({ graphs }: { graphs: GraphsPayload }) {
  const asked = route.value.graph;
  const graph = asked === MAIN ? '' : asked || graphs.first;
  return <Opened key={`${graph} ${reloads.value}`} graphs={graphs} graph={graph} />;
}

function Opened({ graphs, graph }: { graphs: GraphsPayload; graph: string }) {
  const { id } = route.value;
  const model = useMemo(() => new GraphModel(id, graph, follow, enter), []);
  useEffect(() => {
    const { scope, node, colour } = route.peek();
    const options = { ...USUAL, colouring: readColouring(colour) };
    if (route.peek().view === SUMMARY) void model.summarise();
    void model.open(api(), options, scope, node).then(() => seekAsked(model));
    return () => model.close();
  }, [model]);
  useAddress(model);
  useAnnouncement(model);
  const isSummary = route.value.view === SUMMARY;
  const error = model.error.value;
  const info = model.info.value;
  const description = model.description.value;
  return (
    <div class="graph">
      <Toolbar model={model} graphs={graphs} />
      {error && (
        <div class="page-notes">
          <Problem error={error} what="This graph cannot be shown" />
        </div>
      )}
      {info?.notes.map((note) => (
        <div class="graph-note" key={note}>
          <Note tone="warn">{visibleName(note)}</Note>
        </div>
      ))}
      {!info && !error && <p class="waiting">Reading the graph…</p>}
      {info && isSummary && <Summary model={model} graphs={graphs} />}
      {info && !isSummary && (
        <Split
          memory="graph-details"
          label="Width of the details"
          usual={380}
          main={<Body model={model} />}
          side={description ? <Details key={description.path} model={model} /> : null}
        />
      )}
    </div>
  );
}

function Body({ model }: { model: GraphModel }) {
  return (
    <div class="graph-body">
      <Outline model={model} />
      <div class="graph-main">
        <Crumbs model={model} />
        <Canvas model={model} />
      </div>
    </div>
  );
}

function readColouring(text: string): Colouring {
  return COLOURINGS.find((name) => name === text) ?? 'op';
}

/** The address follows what is selected, without a step back for each box. */
function follow(node: string) {
  go({ node }, { replace: true });
}

function enter(scope: string) {
  go({ scope, node: '' });
}

/** Back, forward and links: what the address names is shown, unless it is already. */
function useAddress(model: GraphModel) {
  const { scope, node, colour, q, view } = route.value;
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const here = model.picture.peek()?.crumbs.at(-1)?.path ?? '';
    const selected = model.description.peek();
    const isSame = here === scope && (node === (selected?.path ?? '') || selected?.isBundle);
    if (model.info.peek() && !isSame) void model.show(scope, node);
  }, [scope, node]);
  useEffect(() => {
    const colouring = readColouring(colour);
    const isOther = model.options.peek().colouring !== colouring;
    if (model.picture.peek() && isOther) void model.colour(colouring);
  }, [colour]);
  useEffect(() => void seekAsked(model), [q, view]);
}

/** What a link searches for is shown: the first of it. */
async function seekAsked(model: GraphModel) {
  const { q, view } = route.peek();
  if (!q || view || !model.info.peek() || q === model.found.peek().query) return;
  await model.seek(q);
  await model.step(1);
}

function useAnnouncement(model: GraphModel) {
  const description = model.description.value;
  useEffect(() => {
    if (!description) return;
    const { label, nodes, node } = description;
    announce(`${visibleName(label)}${node < 0 ? `, ${formatQuantity(nodes, 'node')}` : ''}`);
  }, [description]);
}
