import type { GraphsPayload } from '../../api/types';
import {
  type AmountColouring,
  COLOURINGS,
  type Colouring,
  isAmount,
  SHADES,
  shadeOf,
} from '../../graph/colour';
import {
  formatBytes,
  formatCount,
  formatQuantity,
  formatShort,
  visibleName,
} from '../../model/format';
import { go, route } from '../../state';
import { Segments } from '../../ui/Chips';
import { Icon } from '../../ui/Icon';
import { Menu } from '../../ui/Menu';
import { Search } from '../../ui/Search';
import { Export } from './Export';
import { GIVEN_UP, type GraphModel, MAIN, type Picture } from './model';

export const COLOUR_WORDS: Record<Colouring, string> = {
  op: 'Kind of op',
  device: 'Device',
  dtype: 'Data type',
  parameters: 'Parameters',
  bytes: 'Bytes of weights',
  flops: 'Estimated FLOPs',
  tflite: 'Runs in TensorFlow Lite',
  tfjs: 'Runs in TensorFlow.js',
  serving: 'Runs in TensorFlow Serving',
};

/** In an address, the tables and the map instead of the picture. */
export const SUMMARY = 'summary';
const VIEWS = [
  ['', 'Picture'],
  [SUMMARY, 'Summary'],
] as const;

/** Which graph, the search, and how it is drawn. */
export function Toolbar({ model, graphs }: { model: GraphModel; graphs: GraphsPayload }) {
  const { nodes, index, problem, query } = model.found.value;
  const { view } = route.value;
  const views = (
    <Segments
      label="View"
      options={VIEWS}
      value={view === SUMMARY ? SUMMARY : ''}
      onChange={(next) => go({ view: next, part: '', sort: '', kind: '', q: '' })}
    />
  );
  if (view === SUMMARY) {
    return (
      <div class="graph-tools" role="toolbar" aria-label="Graph">
        <Picker model={model} graphs={graphs} />
        {views}
      </div>
    );
  }
  return (
    <div class="graph-tools" role="toolbar" aria-label="Graph">
      <Picker model={model} graphs={graphs} />
      {views}
      <Search
        value={query}
        label="Search nodes by name, op or called function; /regular expression/; op:Conv2D; attr:padding=SAME"
        placeholder="Name, op, attr:… or /regex/"
        problem={problem || undefined}
        onInput={(text) => {
          void model.seek(text);
          go({ q: '' }, { replace: true });
        }}
        onDown={() => void model.step(1)}
      />
      {query && (
        <span class="graph-found">
          <span class="muted" role="status">
            {nodes.length
              ? `${index < 0 ? '' : `${formatCount(index + 1)} of `}${formatCount(nodes.length)}`
              : problem
                ? problem === GIVEN_UP
                  ? 'given up'
                  : 'not valid'
                : 'none'}
          </span>
          <StepButton icon="up" word="Previous" onClick={() => void model.step(-1)} />
          <StepButton icon="down" word="Next (Enter)" onClick={() => void model.step(1)} />
        </span>
      )}
      <span class="spring" />
      {model.picture.value && <Shows model={model} />}
      <label class="graph-colour">
        <span class="muted">Colour</span>
        <select
          class="field"
          value={model.options.value.colouring}
          onChange={(event) => {
            const colour = event.currentTarget.value;
            go({ colour: colour === 'op' ? '' : colour }, { replace: true });
          }}
        >
          {COLOURINGS.map((name) => (
            <option key={name} value={name}>
              {COLOUR_WORDS[name]}
            </option>
          ))}
        </select>
      </label>
      <Export model={model} />
    </div>
  );
}

function StepButton(props: { icon: 'up' | 'down'; word: string; onClick: () => void }) {
  return (
    <button
      type="button"
      class="plain small square"
      title={props.word}
      aria-label={props.word}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}

/** Signatures by the function that does the work, then the other graphs. */
function Picker({ model, graphs }: { model: GraphModel; graphs: GraphsPayload }) {
  const { id, title, nodes, plumbing } = graphs.graphs;
  const own = graphs.signatures.filter((signature) => !signature.internal);
  const option = (graph: string, word: string) => {
    const count = nodes[id.indexOf(graph)] ?? 0;
    return (
      <option key={`${graph} ${word}`} value={graph || MAIN}>
        {visibleName(word)} ({formatCount(count)})
      </option>
    );
  };
  const bySignature = new Set(own.map((signature) => signature.body));
  const others = id
    .map((graph, place) => ({ graph, place }))
    .filter(({ graph }) => !bySignature.has(graph));
  return (
    <select
      class="field graph-picker"
      aria-label="Graph"
      title={visibleName(title[id.indexOf(model.graph)] ?? model.graph)}
      value={model.graph || MAIN}
      onChange={(event) => go({ graph: event.currentTarget.value, scope: '', node: '' })}
    >
      {own.length > 0 && (
        <optgroup label="Signatures">
          {[...bySignature].map((body) => {
            const keys = own.filter((signature) => signature.body === body).map(({ key }) => key);
            return option(body, keys.join(', '));
          })}
        </optgroup>
      )}
      <optgroup label="Graphs and functions">
        {others
          .filter(({ place, graph }) => !plumbing[place] || graph === model.graph)
          .map(({ graph, place }) => option(graph, title[place] ?? graph))}
      </optgroup>
      {others.some(({ place }) => plumbing[place]) && (
        <optgroup label="Saving, restoring, initialising">
          {others
            .filter(({ place, graph }) => plumbing[place] && graph !== model.graph)
            .map(({ graph, place }) => option(graph, title[place] ?? graph))}
        </optgroup>
      )}
    </select>
  );
}

const SHOWS = [
  ['constants', 'Constants and variable reads'],
  ['plumbing', 'Saving, restoring, initialising'],
  ['control', 'Control edges'],
  ['bundling', 'What repeats as one box'],
] as const;

/** Largest scopes that are opened. */
const SIZES = [20, 100, 500, Number.POSITIVE_INFINITY];

function Shows({ model }: { model: GraphModel }) {
  const options = model.options.value;
  const picture = model.picture.value;
  return (
    <Menu word="Show" label="What is drawn">
      {SHOWS.map(([name, word]) => (
        <Choice
          key={name}
          word={word}
          isOn={options[name]}
          onChange={(isOn) => void model.configure({ [name]: isOn })}
        />
      ))}
      <div class="graph-open" role="group" aria-label="Open what has at most this many nodes">
        Open up to
        {SIZES.map((size) => (
          <button
            type="button"
            key={size}
            class="plain small outlined"
            title={Number.isFinite(size) ? `All with ${size} nodes at most` : 'All, level by level'}
            onClick={() => void model.openAll(size)}
          >
            {Number.isFinite(size) ? size : 'all'}
          </button>
        ))}
      </div>
      <button type="button" class="plain" onClick={() => void model.closeAll()}>
        Close all
      </button>
      {picture && (
        <p class="muted graph-counts">
          {formatQuantity(picture.folded, 'node')} folded into others, {formatCount(picture.hidden)}{' '}
          hidden
          {picture.undrawn > 0 && `; ${formatQuantity(picture.undrawn, 'control edge')} not drawn`}
        </p>
      )}
    </Menu>
  );
}

function Choice(props: { word: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <label class="menu-choice">
      <input
        type="checkbox"
        checked={props.isOn}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      {props.word}
    </label>
  );
}

/** Where one is, and what the colours mean. */
export function Crumbs({ model }: { model: GraphModel }) {
  const picture = model.picture.value;
  const info = model.info.value;
  if (!picture || !info) return null;
  const { scope } = route.value;
  return (
    <div class="graph-crumbs">
      <nav aria-label="Scope">
        <button type="button" class="link" disabled={!scope} onClick={() => go({ scope: '' })}>
          {formatQuantity(info.nodes, 'node')}
        </button>
        {picture.crumbs.map((crumb) => (
          <span key={crumb.path}>
            <Icon name="right" />
            <button
              type="button"
              class="link"
              disabled={crumb.path === scope}
              title={visibleName(crumb.path)}
              onClick={() => go({ scope: crumb.path })}
            >
              {crumb.label}
            </button>
          </span>
        ))}
      </nav>
      {model.isLoading.value && <span class="muted">Reading the graph…</span>}
      {picture.marks && <Marked model={model} />}
      {model.isPathless.value && (
        <span class="muted" role="status">
          No data flows between these
        </span>
      )}
      <span class="spring" />
      <Legend picture={picture} colouring={model.options.value.colouring} />
    </div>
  );
}

function Legend({ picture, colouring }: { picture: Picture; colouring: Colouring }) {
  if (isAmount(colouring)) return <Scale most={picture.most} colouring={colouring} />;
  return (
    <ul class="graph-legend" aria-label="Colours">
      {picture.legend.map(({ slot, name, count }) => (
        <li key={slot} title={`${visibleName(name)}: ${formatQuantity(count, 'node')}`}>
          <i style={{ background: `var(--series-${slot})` }} />
          {visibleName(name)}
        </li>
      ))}
    </ul>
  );
}

/** What the shades of an amount mean: their edges grow with the square. */
function Scale({ most, colouring }: { most: number; colouring: AmountColouring }) {
  const word = (amount: number) =>
    colouring === 'bytes' ? formatBytes(amount) : formatShort(amount);
  return (
    <p class="graph-legend" title="Of each box that is closed; without a colour: none, or unknown">
      {most > 0 ? '0' : 'none here'}
      {most > 0 && (
        <span class="graph-scale">
          {SHADES.map((part, i) => (
            <i
              key={part}
              title={`up to ${word(most * ((i + 1) / SHADES.length) ** 2)}`}
              style={{ background: shadeOf(part, 'var(--accent-fill)', 'var(--page)') }}
            />
          ))}
        </span>
      )}
      {most > 0 && `${word(most)} in a box`}
    </p>
  );
}

function Marked({ model }: { model: GraphModel }) {
  const isolated = model.options.value.isolated;
  const marked = model.picture.value?.marked ?? 0;
  return (
    <span class="graph-marked">
      {formatQuantity(marked, 'node')} highlighted
      <button
        type="button"
        class="plain small outlined"
        aria-pressed={isolated}
        onClick={() => void model.configure({ isolated: !isolated })}
      >
        Only these
      </button>
      <button type="button" class="plain small" onClick={() => void model.highlight('none')}>
        <Icon name="close" />
        End
      </button>
    </span>
  );
}
