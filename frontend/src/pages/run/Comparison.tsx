import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type {
  ArtifactPayload,
  RunAnswerPayload,
  RunComparedPayload,
  RunComparisonPayload,
  RunInnerPairPayload,
  RunOutputPairPayload,
  RunSidePayload,
  RunValuePayload,
  ValuesPayload,
} from '../../api/types';
import {
  type Element,
  isWritten,
  judgeAnswers,
  pairElements,
  pathOf,
  writeCompare,
} from '../../model/answers';
import { formatCount, formatQuantity, formatShape, visibleName } from '../../model/format';
import { mainGraph } from '../../model/outputs';
import { formatExact, openingRegion, type Range, regionAround } from '../../model/slices';
import { useAnswer } from '../../state';
import { Chip } from '../../ui/Chips';
import { Fact } from '../../ui/Fact';
import { CodeBlock } from '../../ui/Note';
import { Name, Problem, ViewLink } from '../parts';
import { Words } from '../Words';
import { Axes } from '../weights/Axes';
import { InputFiles } from './InputFiles';
import { Values } from './Output';

interface Told {
  now: RunAnswerPayload;
  comparison: RunComparisonPayload;
  payload: ArtifactPayload;
}

/** Outputs that are open at once. */
const MOST_OPEN = 3;
/** Tensors of a list that is open at first. */
const FEW = 3;
const STRONGEST = 0.3;

/** Two answers to one call: the verdict, outputs side by side, where inner tensors part. */
export function Comparison(props: Told) {
  const { comparison, now } = props;
  const { left, right, found } = comparison;
  if (!found) return null;
  const { tone, word, text } = judgeAnswers(found);
  return (
    <section class="run-compared" aria-label="Comparison">
      <Words tone={tone}>
        <strong>{word}</strong> {visibleName(text)}
      </Words>
      <dl class="run-sides">
        <SideFact name="First" side={left} />
        <SideFact name="Second" side={right} />
      </dl>
      {found.outputs.map((pair, at) => (
        <Pair
          key={`${now.call.call} ${pair.key}`}
          call={now.call.call}
          pair={pair}
          open={at < MOST_OPEN || pair.difference.differs}
        />
      ))}
      <Inner {...props} found={found} />
      <Command {...props} />
    </section>
  );
}

/** What was called, and what of a checkpoint it had. */
function SideFact({ name, side }: { name: string; side: RunSidePayload }) {
  const { id, path, values, restored } = side;
  return (
    <Fact name={name}>
      <ViewLink to={{ page: 'model', id }} class="run-path">
        <Name name={path} title={visibleName(path)} />
      </ViewLink>
      {values && (
        <>
          <span class="muted">with the values of</span>
          <ViewLink to={{ page: 'weights', id: values.id }} class="run-path">
            <Name name={values.path} title={visibleName(values.path)} />
          </ViewLink>
        </>
      )}
      {restored && values && <Restored side={side} restored={restored} from={values.id} />}
    </Fact>
  );
}

function Restored(props: {
  side: RunSidePayload;
  restored: NonNullable<RunSidePayload['restored']>;
  from: string;
}) {
  const { side, restored, from } = props;
  const { variables, kept, kept_count, unused, unused_count, call, failure } = restored;
  const how = call ? '' : ', paired by their names: no restore fits';
  return (
    <div class="run-restored">
      <p>
        Restored {formatQuantity(variables, 'variable')}
        {how}.{' '}
        <ViewLink to={{ page: 'restore', id: from, with: side.id }} class="underlined">
          Why
        </ViewLink>
      </p>
      {failure && <p class="bad">The restore itself would fail: {visibleName(failure)}</p>}
      {kept_count > 0 && (
        <details>
          <summary>
            {formatQuantity(kept_count, 'variable keeps its value', 'variables keep their values')}
          </summary>
          <ul>
            {kept.map((one) => (
              <li key={one.name}>
                {visibleName(one.name)} <span class="muted">{visibleName(one.reason)}</span>
              </li>
            ))}
          </ul>
          <More count={kept_count - kept.length} />
        </details>
      )}
      {unused_count > 0 && (
        <details>
          <summary>{formatQuantity(unused_count, 'tensor')} only in the checkpoint</summary>
          <ul>
            {unused.map((one) => (
              <li key={one}>{visibleName(one)}</li>
            ))}
          </ul>
          <More count={unused_count - unused.length} />
        </details>
      )}
    </div>
  );
}

function More({ count }: { count: number }) {
  return count > 0 ? <p class="muted">and {formatCount(count)} more</p> : null;
}

/** An output of both sides. */
function Pair({ call, pair, open }: { call: string; pair: RunOutputPairPayload; open: boolean }) {
  const isOpen = useSignal(open);
  const { key, left, right, difference } = pair;
  const one = left ?? right;
  const name = visibleName(key);
  return (
    <details
      class="run-output run-pair"
      open={isOpen.value}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>
        <strong title={name}>{name}</strong>{' '}
        <span class="muted run-spec">
          {one?.dtype} {one && formatShape(one.shape)}
        </span>
        <span class={`run-words ${difference.differs ? 'warn' : 'muted'}`}>{difference.words}</span>
      </summary>
      {isOpen.value && <Both call={call} pair={pair} />}
    </details>
  );
}

function Both({ call, pair }: { call: string; pair: RunOutputPairPayload }) {
  const { left, right, difference } = pair;
  if (left?.has_values && right?.has_values && difference.size > 0) {
    return <SideBySide call={call} left={left} right={right} place={difference.place} />;
  }
  const sides = [
    ['First', 'output', left],
    ['Second', 'other', right],
  ] as const;
  return (
    <>
      {sides.map(([word, side, value]) => (
        <div key={word} class="run-alone">
          <p class="muted">
            {word} {value ? formatShape(value.shape) : 'has no such output'}
          </p>
          {value?.has_values && <Values call={call} value={value} side={side} of={`, ${word}`} />}
        </div>
      ))}
    </>
  );
}

/** The elements of both, and what they differ by. It opens where they differ most. */
function SideBySide(props: {
  call: string;
  left: RunValuePayload;
  right: RunValuePayload;
  place: readonly number[];
}) {
  const { call, left, right, place } = props;
  const { key, dtype, shape } = left;
  const isShort = left.text !== null && right.text !== null;
  const opening = useMemo(
    () =>
      isShort ? wholeOf(shape) : place.length ? regionAround(place, shape) : openingRegion(shape),
    [left],
  );
  const region = useSignal<readonly Range[]>(opening);
  const differing = useSignal(false);
  const slice = formatExact(region.value);
  const { value, error, retry } = useAnswer(`${call} ${key} ${slice}`, (client, signal) =>
    isShort
      ? Promise.resolve([left, right].map(({ text }) => ({ text: text ?? [] })))
      : Promise.all(
          (['output', 'other'] as const).map(
            (side): Promise<Pick<ValuesPayload, 'text'>> =>
              client.values({ call, side, key }, slice, signal),
          ),
        ),
  );
  if (error) return <Problem error={error} what="The values do not come" onRetry={retry} />;
  const [first, second] = value ?? [];
  if (!first || !second) return <p class="muted">Reading…</p>;
  const all = pairElements(dtype, first.text, second.text, region.value);
  const count = all.filter((one) => one.differs).length;
  const shown = differing.value ? all.filter((one) => one.differs) : all;
  return (
    <>
      {!isShort && (
        <Axes
          region={region.value}
          shape={shape}
          onChange={(next) => {
            region.value = next;
          }}
        />
      )}
      <Elements
        elements={shown}
        isText={dtype === 'string'}
        label={`Both values of ${visibleName(key)}`}
      />
      {((count > 0 && count < all.length) || differing.value) && (
        <Chip
          pressed={differing.value}
          onToggle={() => {
            differing.value = !differing.value;
          }}
        >
          Only what differs <span class="muted">{formatCount(count)}</span>
        </Chip>
      )}
    </>
  );
}

function wholeOf(shape: readonly number[]): Range[] {
  return shape.map((size) => ({ start: 0, stop: size, step: 1, single: false }));
}

function Elements(props: { elements: readonly Element[]; isText: boolean; label: string }) {
  const { elements, isText, label } = props;
  if (!elements.length) return <p class="muted">None of these differs.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
    <div class="value-box" tabIndex={0} role="region" aria-label={label}>
      <table class={`value-table run-elements ${isText ? 'strings' : ''}`}>
        <thead>
          <tr>
            <th scope="col">Element</th>
            <th scope="col">First</th>
            <th scope="col">Second</th>
            <th scope="col">Second − first</th>
          </tr>
        </thead>
        <tbody>
          {elements.map((one) => (
            <tr key={one.place}>
              <th scope="row">{one.place}</th>
              <td>{visibleName(one.left)}</td>
              <td>{visibleName(one.right)}</td>
              <td style={shadeOf(one)}>{one.differs ? one.difference || 'differs' : '='}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function shadeOf({ strength, differs }: Element) {
  if (!differs) return undefined;
  return { background: `rgb(var(--shade) / ${Math.max(0.06, strength * STRONGEST).toFixed(2)})` };
}

/** Where inner tensors start to differ, and which variables do. */
function Inner(props: Told & { found: RunComparedPayload }) {
  const { first, computed, computed_count, reads, reads_count, ...found } = props.found;
  const { compared, not_compared, unpaired, unwatched } = found;
  const [onlyLeft = 0, onlyRight = 0] = unpaired;
  const count = computed_count + reads_count;
  return (
    <section class={`run-output ${count ? 'run-nan' : ''}`} aria-label="Inner tensors">
      <h3>
        Inner tensors{' '}
        <span class="muted">
          {formatCount(compared)} compared
          {compared > 0 && `, ${count ? `${formatCount(count)} differ` : 'all equal'}`}
        </span>
      </h3>
      {unwatched && <p>They could not be had: {visibleName(unwatched)}</p>}
      {first && (
        <>
          <p class="muted">The first that is computed and differs</p>
          <Tensor {...props} one={first} />
        </>
      )}
      <Tensors {...props} all={reads} count={reads_count} words="Read, and different" />
      {computed_count > 1 && (
        <Tensors
          {...props}
          all={computed}
          count={computed_count}
          words="All that are computed and differ, in order"
        />
      )}
      {(onlyLeft > 0 || onlyRight > 0) && (
        <p class="muted">
          Not in both: {formatCount(onlyLeft)} of the first, {formatCount(onlyRight)} of the second.
        </p>
      )}
      {not_compared > 0 && (
        <p class="muted">
          Without values here: {formatCount(not_compared)} (resources, bodies of loops, what is too
          large).
        </p>
      )}
    </section>
  );
}

function Tensors(props: Told & { all: RunInnerPairPayload[]; count: number; words: string }) {
  const { all, count, words } = props;
  if (!count) return null;
  return (
    <details open={count <= FEW}>
      <summary>
        {words} <span class="muted">{formatCount(count)}</span>
      </summary>
      <ul>
        {all.map((one) => (
          <li key={pathOf(one)}>
            <Tensor {...props} one={one} />
          </li>
        ))}
      </ul>
      <More count={count - all.length} />
    </details>
  );
}

/** An inner tensor in words, with a link to its node. */
function Tensor({ one, comparison, now, payload }: Told & { one: RunInnerPairPayload }) {
  const { op, dtype, shape, graph, node, difference } = one;
  const at = graph || mainGraph(payload.meta_graphs, now.call.tags);
  return (
    <span>
      <ViewLink to={{ page: 'graph', id: comparison.left.id, graph: at, node }} class="underlined">
        {visibleName(pathOf(one))}
      </ViewLink>{' '}
      <span class="muted">
        {visibleName(op)}, {dtype} {formatShape(shape)}:
      </span>{' '}
      {difference.words}
    </span>
  );
}

/** The same on a command line. */
function Command({ comparison, now }: Told) {
  const open = useSignal(false);
  const files = now.inputs.filter((one) => !isWritten(one) && one.dtype !== 'string');
  return (
    <details
      class="run-code"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>The same on a command line</summary>
      {open.value && (
        <>
          <CodeBlock
            code={writeCompare(comparison, now.call, now.inputs)}
            label="Command that compares them"
          />
          <InputFiles call={now.call.call} inputs={files} />
        </>
      )}
    </details>
  );
}
