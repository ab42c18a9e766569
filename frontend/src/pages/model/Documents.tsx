import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { DocumentPayload } from '../../api/types';
import {
  formatBytes,
  formatCount,
  formatExactBytes,
  visibleName,
  visibleText,
} from '../../model/format';
import { parseJson } from '../../model/json';
import { api, useAnswer } from '../../state';
import { Segments } from '../../ui/Chips';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import { adoptStyles } from '../../ui/styles';
import { Problem } from '../parts';
import { Section, useMore } from '../Section';
import css from './documents.css?inline';
import { JsonTree } from './JsonTree';

adoptStyles(css);

/** Bytes up to which the longest document opens by itself: what is worth reading is in it. */
const SMALL = 1_000_000;
/** Characters of a text that are shown; the whole can be copied and opened. */
const LONGEST = 200_000;

const MOST_DOCUMENTS = 8;

/** Texts that the artifact carries, such as a Keras config: shown, never run. */
export function Documents({
  id,
  documents,
}: {
  id: string;
  documents: readonly DocumentPayload[];
}) {
  const { shown, button } = useMore(documents, MOST_DOCUMENTS);
  const longest = longestSmall(documents);
  if (!documents.length) return null;
  return (
    <Section title="Documents" count={documents.length}>
      <div class="documents">
        {shown.map((document, index) => (
          <OneDocument
            key={`${index} ${document.name}`}
            id={id}
            document={document}
            isOpen={document === longest}
          />
        ))}
      </div>
      {button}
    </Section>
  );
}

function longestSmall(documents: readonly DocumentPayload[]): DocumentPayload | undefined {
  const nbytesOf = (document?: DocumentPayload) => document?.nbytes ?? 0;
  return documents
    .filter(({ nbytes }) => nbytes <= SMALL)
    .reduce<DocumentPayload | undefined>(
      (longest, document) => (nbytesOf(document) > nbytesOf(longest) ? document : longest),
      undefined,
    );
}

function OneDocument(props: { id: string; document: DocumentPayload; isOpen: boolean }) {
  const { name, nbytes } = props.document;
  const open = useSignal(props.isOpen);
  return (
    <details
      class="document"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>
        <span class={`twisty ${open.value ? 'open' : ''}`}>
          <Icon name="right" />
        </span>
        <span class="document-name" title={visibleName(name)}>
          {visibleName(name)}
        </span>
        <span class="number muted" title={formatExactBytes(nbytes)}>
          {formatBytes(nbytes)}
        </span>
      </summary>
      {open.value && <Content id={props.id} name={name} />}
    </details>
  );
}

function Content({ id, name }: { id: string; name: string }) {
  const { value, error, retry } = useAnswer(`${id} ${name}`, (client, signal) =>
    client.document(id, name, signal),
  );
  if (value !== undefined) return <Text id={id} name={name} text={value} />;
  if (error) return <Problem error={error} what="This document cannot be shown" onRetry={retry} />;
  return <p class="waiting">Reading…</p>;
}

const FORMS = [
  ['tree', 'Tree'],
  ['text', 'Text'],
] as const;

/** A text as a tree, where it is JSON, or as it is stored. */
function Text({ id, name, text }: { id: string; name: string; text: string }) {
  const root = useMemo(() => parseJson(text), [text]);
  const form = useSignal<'tree' | 'text'>('tree');
  const forms =
    root === undefined ? (
      <span class="muted">Not JSON: shown as it is stored</span>
    ) : (
      <Segments
        label="Form"
        options={FORMS}
        value={form.value}
        onChange={(chosen) => {
          form.value = chosen;
        }}
      />
    );
  const actions = (
    <>
      <CopyButton text={text} label="Copy the document as it is stored" />
      <a
        class="plain square"
        href={api().documentAddress(id, name)}
        target="_blank"
        rel="noreferrer"
        title="Open the text by itself"
        aria-label="Open the text by itself"
      >
        <Icon name="open" />
      </a>
    </>
  );
  if (root !== undefined && form.value === 'tree') {
    return <JsonTree root={root} label={visibleName(name)} before={forms} after={actions} />;
  }
  return (
    <>
      <div class="document-bar">
        {forms}
        <span class="spring" />
        {actions}
      </div>
      <Stored name={name} text={text} />
    </>
  );
}

function Stored({ name, text }: { name: string; text: string }) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
      <pre class="document-text" tabIndex={0} role="region" aria-label={visibleName(name)}>
        {visibleText(text.slice(0, LONGEST))}
      </pre>
      {text.length > LONGEST && (
        <p class="muted small-print">
          The first {formatCount(LONGEST)} of {formatCount(text.length)} characters. Copy or open
          the document to have it whole.
        </p>
      )}
    </>
  );
}
