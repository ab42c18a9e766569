import type {
  ArtifactPayload,
  MetaGraphPayload,
  SignaturePayload,
  SpecPayload,
} from '../../api/types';
import { formatQuantity, formatShape, visibleName } from '../../model/format';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import { ViewLink } from '../parts';
import { Section } from '../Section';
import { CallCode, type CallCodeProps } from './CallCode';

/** The ways to call the model; TensorFlow's own are folded away. */
export function Signatures(props: { payload: ArtifactPayload; graph: MetaGraphPayload }) {
  const { payload, graph } = props;
  const own = graph.signatures.filter((signature) => !signature.internal);
  const internal = graph.signatures.filter((signature) => signature.internal);
  const isSavedModel = payload.artifact.kind === 'saved_model';
  if (!isSavedModel && !graph.signatures.length) return null;
  const card = (signature: SignaturePayload) => (
    <Card
      key={signature.key}
      signature={signature}
      id={payload.artifact.id}
      location={payload.location}
      graph={graph}
      hasOthers={payload.meta_graphs.length > 1}
      isOpen={signature === own[0]}
      isCallable={isSavedModel && !signature.internal}
    />
  );
  return (
    <Section title="Signatures" count={own.length}>
      {own.length === 0 && (
        <p class="muted">
          No signature: it was saved without one, so it can be loaded in Python but not served. Save
          it with <code>signatures=…</code> or export it with <code>model.export</code>.
        </p>
      )}
      {own.map(card)}
      {internal.length > 0 && (
        <details class="internal">
          <summary>{formatQuantity(internal.length, 'internal signature')}</summary>
          {internal.map(card)}
        </details>
      )}
    </Section>
  );
}

interface CardProps extends CallCodeProps {
  /** Whether TensorFlow loads it as a model with signatures. */
  isCallable: boolean;
}

function Card(props: CardProps) {
  const { signature } = props;
  return (
    <article class="card" aria-label={visibleName(signature.key)}>
      <div class="card-head">
        <h4>{visibleName(signature.key)}</h4>
        <CopyButton text={signature.key} label="Copy the key of the signature" class="small" />
        <span class="spring" />
        {props.isCallable && (
          <ViewLink
            to={{
              page: 'run',
              id: props.id,
              signature: signature.key,
              tags: props.hasOthers ? props.graph.tags.join() : '',
            }}
            class="plain small"
            title="Call it with values of your own"
          >
            <Icon name="play" />
            Run
          </ViewLink>
        )}
        <code class="muted">{signature.method_name || 'no method name'}</code>
      </div>
      <div class="specs-box">
        <table class="specs">
          <Specs title="Inputs" specs={signature.inputs} />
          <Specs title="Outputs" specs={signature.outputs} />
        </table>
      </div>
      {props.isCallable && <CallCode {...props} />}
    </article>
  );
}

function Specs({ title, specs }: { title: string; specs: readonly SpecPayload[] }) {
  return (
    <tbody>
      <tr>
        <th scope="col">{title}</th>
        <th scope="col">Dtype</th>
        <th scope="col">Shape</th>
        <th scope="col">Tensor</th>
      </tr>
      {specs.length === 0 && (
        <tr>
          <td colSpan={4} class="muted">
            none
          </td>
        </tr>
      )}
      {specs.map((spec) => (
        <tr key={spec.key}>
          <td>
            {visibleName(spec.key)}
            {spec.has_default && <span class="muted"> (has a default)</span>}
          </td>
          <td>{spec.dtype}</td>
          <td class="number">{formatShape(spec.shape)}</td>
          <td>
            <code class="muted" title={spec.name}>
              {visibleName(spec.name)}
            </code>
            {spec.encoding !== 'dense' && <span class="muted"> {spec.encoding}</span>}
          </td>
        </tr>
      ))}
    </tbody>
  );
}
