import { useSignal } from '@preact/signals';
import type {
  RestoreAttachmentPayload,
  RestoreFailurePayload,
  RestorePayload,
  RestoreSnippetPayload,
} from '../../api/types';
import { formatCount, visibleName, visibleText } from '../../model/format';
import { listTried, type Tried } from '../../model/restores';
import { go, route } from '../../state';
import { Icon } from '../../ui/Icon';
import { CodeBlock, Note } from '../../ui/Note';
import { Prose } from './Prose';

const MOST_TRIED = 5;

/** What to do: code to paste, which objects belong together, what the checks afterwards would say. */
export function Advice({ payload }: { payload: RestorePayload }) {
  const isObject = payload.method === 'object';
  const failed = payload.assert_consumed ?? payload.assert_existing_objects_matched;
  const hasStatus = !payload.failure && (isObject || failed !== null);
  return (
    <div class="restore-side">
      <section aria-label="To paste">
        <h3>To paste</h3>
        {payload.snippets.map((snippet) => (
          <Snippet key={snippet.title} snippet={snippet} />
        ))}
        {!payload.snippets.length && (
          <p class="muted">No call works as the two are now: the list says what differs.</p>
        )}
        {payload.notes.map((note) => (
          <Note key={note} tone="info" copy={note}>
            <Prose text={note} />
          </Note>
        ))}
      </section>
      {isObject && <Attachments payload={payload} />}
      {hasStatus && <Assertions payload={payload} />}
      <section class="wrapped" aria-label="In a terminal">
        <h3>In a terminal</h3>
        <CodeBlock label="Command" code={visibleText(payload.command)} />
      </section>
    </div>
  );
}

function Snippet({ snippet }: { snippet: RestoreSnippetPayload }) {
  return (
    <div class="restore-snippet">
      <h4>{snippet.title}</h4>
      <CodeBlock label={snippet.title} code={visibleText(snippet.code)} />
      {snippet.note && (
        <p class="muted">
          <Prose text={snippet.note} />
        </p>
      )}
    </div>
  );
}

/** Which object is restored from which: the one shown, and what else was tried. */
function Attachments({ payload }: { payload: RestorePayload }) {
  const all = useSignal(false);
  const tried = listTried(payload);
  const shown = all.value ? tried : tried.slice(0, MOST_TRIED);
  const others = payload.attachments.length - tried.length;
  return (
    <section aria-label="Attachment">
      <h3>
        Attachment
        {route.value.attach && (
          <button type="button" class="plain small" onClick={() => attach('')}>
            Choose the best
          </button>
        )}
      </h3>
      <ul class="restore-tried">
        {shown.map((one) => (
          <li key={one.at}>
            <Attachment tried={one} isShown={one.at === payload.attached} />
          </li>
        ))}
      </ul>
      {tried.length > MOST_TRIED && (
        <button
          type="button"
          class="plain small"
          onClick={() => {
            all.value = !all.value;
          }}
        >
          {all.value ? 'Show fewer' : `Show all ${formatCount(tried.length)}`}
        </button>
      )}
      {others > 0 && <p class="muted">{formatCount(others)} more were tried and match nothing.</p>}
    </section>
  );
}

function attach(path: string) {
  go({ attach: path, tensor: '' });
}

/** One that was tried; what is below the target's root cannot be asked for. */
function Attachment({ tried, isShown }: { tried: Tried; isShown: boolean }) {
  const { attachment } = tried;
  const share = attachment.total ? attachment.matched / attachment.total : 0;
  const content = (
    <>
      <span class="restore-pair">
        <code>{placeOf(attachment.checkpoint)}</code>
        <Icon name="arrow" />
        <code>{placeOf(attachment.target)}</code>
        {isShown && <Icon name="check" />}
      </span>
      <span class="number">
        {formatCount(attachment.matched)} of {formatCount(attachment.total)}
      </span>
      <i class="restore-bar">
        <i style={{ width: `${share * 100}%` }} />
      </i>
      <span class="restore-why muted">
        <Prose text={attachment.reason} />
      </span>
    </>
  );
  if (attachment.target) return <div class={isShown ? 'shown' : ''}>{content}</div>;
  return (
    <button
      type="button"
      class={isShown ? 'shown' : ''}
      aria-pressed={isShown}
      title="Show what this one would restore"
      onClick={() => attach(pathOf(attachment))}
    >
      {content}
    </button>
  );
}

function pathOf(attachment: RestoreAttachmentPayload): string {
  return attachment.checkpoint || '.';
}

function placeOf(path: string): string {
  return path ? visibleName(path) : 'root';
}

/** What the checks of the status say. */
function Assertions({ payload }: { payload: RestorePayload }) {
  return (
    <section aria-label="Afterwards">
      <h3>Afterwards</h3>
      <Assertion
        name="assert_existing_objects_matched"
        failure={payload.assert_existing_objects_matched}
      />
      <Assertion name="assert_consumed" failure={payload.assert_consumed} />
    </section>
  );
}

function Assertion({ name, failure }: { name: string; failure: RestoreFailurePayload | null }) {
  return (
    <div class="restore-assertion">
      <span class={`state ${failure ? 'bad' : 'good'}`}>
        <Icon name={failure ? 'error' : 'check'} />
        <code>.{name}()</code>
        {failure ? `raises ${failure.type}` : 'passes'}
      </span>
      {failure && <p class="muted">{visibleName(failure.message)}</p>}
    </div>
  );
}
