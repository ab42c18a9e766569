import { useSignal } from '@preact/signals';
import type {
  ArtifactRow,
  LineagePayload,
  RelationPayload,
  RelativePayload,
  SharedLayerPayload,
  WeightsPayload,
} from '../../api/types';
import {
  formatBytes,
  formatCount,
  formatQuantity,
  splitForEllipsis,
  visibleName,
} from '../../model/format';
import {
  describeExtent,
  describeStanding,
  describeSteps,
  describeTensors,
  seriesPath,
} from '../../model/lineage';
import { formatShare, isUnderWay } from '../../model/marks';
import { useAnswer } from '../../state';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import { Middle } from '../../ui/Middle';
import { adoptStyles } from '../../ui/styles';
import { Name, Problem, ViewLink } from '../parts';
import { usePolled } from '../polling';
import { useMore } from '../Section';
import css from './lineage.css?inline';

adoptStyles(css);

const COMMAND = 'modelinspect lineage LOGDIR --read';
const FIRST_ROWS = 3;
const FIRST_LAYERS = 12;
const TITLE =
  'Artifacts whose weights have the same checksums. Which was made from which no checksum knows.';

/** What the weights have in common with those of other artifacts; nothing is read for it. */
export function Lineage({ artifact }: { artifact: ArtifactRow }) {
  const { value, error } = usePolled(
    artifact.id,
    (client, signal) => client.lineage(artifact.id, signal),
    ({ job, weights, problem }) =>
      isUnderWay(job) && !(job.state === 'relating' && (weights || problem)),
  );
  if (!value && !error) return null;
  if (value?.problem && !value.weights) return null; // the page says it already
  return (
    <section class="card lineage" aria-label="Where its weights came from">
      <div class="card-head">
        <h3 title={TITLE}>Where its weights came from</h3>
        {value && <Standing payload={value} />}
        <span class="spring" />
        {value?.weights?.hash && <Hash hash={value.weights.hash} />}
      </div>
      {error && (
        <div class="lineage-part">
          <Problem error={error} what="It could not be compared" />
        </div>
      )}
      {value?.weights && <Relations id={artifact.id} payload={value} weights={value.weights} />}
    </section>
  );
}

function Standing({ payload }: { payload: LineagePayload }) {
  const words = describeStanding(payload);
  if (!words) return null;
  return (
    <span class={payload.weights ? 'muted' : 'state cool'}>
      {!payload.weights && <Icon name="clock" />}
      {words}
    </span>
  );
}

/** A name for the weights, the same in every file that holds them. */
function Hash({ hash }: { hash: string }) {
  return (
    <span class="lineage-hash">
      <code title={`Content hash of the weights: ${hash}`}>{hash}</code>
      <CopyButton text={hash} label="Copy: content hash of the weights" class="small" />
    </span>
  );
}

function Relations(props: { id: string; payload: LineagePayload; weights: WeightsPayload }) {
  const { payload, weights } = props;
  const { shown, button } = useMore(payload.relations, FIRST_ROWS);
  const notes = listNotes(payload, weights);
  return (
    <>
      {shown.length > 0 && (
        <ul class="lineage-rows">
          {shown.map((relation) => (
            <Relation
              key={relation.others[0]?.id}
              id={props.id}
              relation={relation}
              weights={weights}
            />
          ))}
        </ul>
      )}
      {(button || weights.unknown > 0 || notes.length > 0) && (
        <div class="lineage-part">
          {button}
          {weights.unknown > 0 && <Unknown weights={weights} />}
          {notes.map((note) => (
            <p key={note} class="muted">
              {note}
            </p>
          ))}
        </div>
      )}
    </>
  );
}

/** Weights without checksums, and what compares them. */
function Unknown({ weights }: { weights: WeightsPayload }) {
  const isAll = weights.unknown === weights.tensors;
  const which = isAll ? 'Its weights' : formatQuantity(weights.unknown, 'weight');
  return (
    <p class="muted">
      {which} can be read and compared: <code>{COMMAND}</code>
      <CopyButton text={COMMAND} label="Copy: command" class="small" />
    </p>
  );
}

function listNotes(payload: LineagePayload, weights: WeightsPayload): string[] {
  const { more, job } = payload;
  const notes: string[] = [];
  if (more) notes.push(`${formatCount(more)} more have something in common with it, at least.`);
  if (weights.repeated) {
    const count = formatQuantity(weights.repeated, 'tensor');
    const is = weights.repeated === 1 ? 'is' : 'are';
    notes.push(`${count} ${is} stored twice: ${formatBytes(weights.repeated_nbytes)}.`);
  }
  if (job.note) notes.push(job.note);
  return notes;
}

function Relation(props: { id: string; relation: RelationPayload; weights: WeightsPayload }) {
  const { relation, weights } = props;
  const open = useSignal(false);
  const other = relation.others[0];
  if (!other) return null;
  return (
    <li>
      <div class="lineage-row">
        <span>{describeExtent(relation.extent)}</span>
        <Others relation={relation} />
        <span class="number muted">{describeTensors(relation, weights)}</span>
        <span class="number" title="Of its parameters">
          {formatShare(relation.parameters, weights.parameters)}
        </span>
        <button
          type="button"
          class={`plain small twisted ${open.value ? 'open' : ''}`}
          aria-expanded={open.value}
          aria-label={`Layers shared with ${visibleName(other.path)}`}
          onClick={() => {
            open.value = !open.value;
          }}
        >
          <Icon name="right" />
          Layers
        </button>
      </div>
      {open.value && <Layers id={props.id} other={other} relation={relation} />}
    </li>
  );
}

/** One artifact, or the steps of a series that fit equally well. */
function Others({ relation }: { relation: RelationPayload }) {
  const { others, ties, less } = relation;
  const [first] = others;
  if (!first) return null;
  const worse = less > 0 && (
    <span class="muted lineage-less">
      {formatQuantity(less, 'other step')} {less === 1 ? 'has' : 'have'} less
    </span>
  );
  if (others.length === 1) {
    return (
      <span class="lineage-other">
        <ViewLink to={{ page: 'model', id: first.id }}>
          <Name name={first.path} />
        </ViewLink>
        {worse}
      </span>
    );
  }
  const hidden = ties > others.length ? ` (${formatCount(ties)})` : '';
  const words = `${describeSteps(others)}${hidden} of `;
  return (
    <span class="lineage-other" title={others.map(({ path }) => visibleName(path)).join('\n')}>
      <ViewLink to={{ page: 'timeline', id: others.at(-1)?.id ?? first.id }}>
        <Middle parts={splitSeries(words, seriesPath(others))} />
      </ViewLink>
      {worse}
    </span>
  );
}

function splitSeries(words: string, path: string): [string, string] {
  const [head, tail] = splitForEllipsis(visibleName(path));
  return [words + head, tail];
}

function Layers(props: { id: string; other: RelativePayload; relation: RelationPayload }) {
  const { id, other, relation } = props;
  const { value, error, retry } = useAnswer(`${id} ${other.id}`, (client, signal) =>
    client.sharedLayers(id, other.id, signal),
  );
  const { shown, button } = useMore(value?.layers ?? [], FIRST_LAYERS);
  if (error) {
    return (
      <div class="lineage-part">
        <Problem error={error} what="The layers cannot be listed" onRetry={retry} />
      </div>
    );
  }
  if (!value) return <p class="lineage-part muted">Comparing…</p>;
  const isRenamed = value.layers.some((layer) => layer.name !== layer.other_name);
  return (
    <div class="lineage-part lineage-layers">
      {relation.ties > 1 && (
        <p class="muted">
          Compared with <Name name={other.path} />
        </p>
      )}
      <table>
        <thead>
          <tr>
            <th>Layer</th>
            {isRenamed && <th>There</th>}
            <th class="number">Equal tensors</th>
            <th class="number">Parameters</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((layer) => (
            <Layer key={layer.name} layer={layer} isRenamed={isRenamed} />
          ))}
        </tbody>
      </table>
      {button}
      {value.left_out > 0 && (
        <p class="muted">{formatQuantity(value.left_out, 'more layer')} not listed here.</p>
      )}
    </div>
  );
}

function Layer({ layer, isRenamed }: { layer: SharedLayerPayload; isRenamed: boolean }) {
  const count = layer.tensors.length;
  const names = layer.tensors.map(({ name }) => visibleName(name)).join('\n');
  return (
    <tr>
      <td>
        <Name name={layer.name} />
      </td>
      {isRenamed && (
        <td class="muted">{layer.other_name !== layer.name && <Name name={layer.other_name} />}</td>
      )}
      <td class="number" title={names}>
        {count === layer.of_tensors
          ? formatCount(count)
          : `${formatCount(count)} of ${formatCount(layer.of_tensors)}`}
      </td>
      <td class="number">{formatCount(layer.parameters)}</td>
    </tr>
  );
}
