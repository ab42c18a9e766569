import { useSignal } from '@preact/signals';
import type {
  ArtifactPayload,
  MetaGraphPayload,
  SignaturePayload,
  SpecPayload,
} from '../../api/types';
import { formatQuantity, formatShape, visibleName } from '../../model/format';
import { servedName, writePythonCall, writeRestCall } from '../../model/snippets';
import { Segments } from '../../ui/Chips';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import { CodeBlock } from '../../ui/Note';
import { ViewLink } from '../parts';
import { Section } from '../Section';

/** The ways to call the model; TensorFlow's own are folded away. */
export function Signatures(props: { payload: ArtifactPayload; graph: MetaGraphPayload }) {
  const { payload, graph } = props;
  const own = graph.signatures.filter((signature) => !signature.internal);
  const internal = graph.signatures.filter((signature) => signature.internal);
  const isSavedModel = payload.artifact.kind === 'saved_model';
  if (!isSavedModel && !graph.signatures.length) return null;
  const tags = payload.meta_graphs.length > 1 ? graph.tags : null;
  const card = (signature: SignaturePayload) => (
    <Card
      key={signature.key}
      signature={signature}
      id={payload.artifact.id}
      location={payload.location}
      tags={tags}
      isFirst={signature === own[0]}
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

interface CardProps {
  id: string;
  signature: SignaturePayload;
  location: string;
  tags: readonly string[] | null;
  /** Whether TensorFlow loads it as a model with signatures. */
  isCallable: boolean;
  /** The first shows its code without being asked. */
  isFirst: boolean;
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
              tags: props.tags?.join() ?? '',
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
      {props.isCallable && <Code {...props} />}
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

type Door = 'python' | 'rest';
const DOORS = [
  ['python', 'Python'],
  ['rest', 'REST'],
] as const;

function Code(props: CardProps) {
  const open = useSignal(props.isFirst);
  const door = useSignal<Door>('python');
  const { signature, location } = props;
  const code =
    door.value === 'python'
      ? writePythonCall(location, props.tags, signature)
      : writeRestCall(servedName(location), signature);
  return (
    <details
      class="call"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>Code to call it</summary>
      {open.value && (
        <>
          <Segments
            label="Language"
            options={DOORS}
            value={door.value}
            onChange={(name) => {
              door.value = name;
            }}
          />
          <CodeBlock code={code} label={`Code that calls ${signature.key}`} />
        </>
      )}
    </details>
  );
}
