import type { RestoreFailurePayload, RestorePayload } from '../../api/types';
import { visibleName, visibleText } from '../../model/format';
import { judge, METHOD_WORDS } from '../../model/restores';
import { readSet, toggleIn } from '../../routes';
import { go, route } from '../../state';
import { Chip, Chips, Segments } from '../../ui/Chips';
import { CodeBlock, Note } from '../../ui/Note';
import { Words } from '../Words';
import { Prose } from './Prose';

/** The result in a sentence, what was played through, and how. */
export function Verdict({ payload }: { payload: RestorePayload }) {
  const { tone, word } = judge(payload);
  return (
    <div class="verdict wrapped">
      <Words tone={tone}>
        <strong>{word}.</strong> {!payload.call && 'By name, as if each were assigned by hand: '}
        {payload.verdict}
      </Words>
      {payload.failure && <Failure failure={payload.failure} />}
      {payload.call && <CodeBlock label="The call" code={visibleText(payload.call)} />}
      <div class="verdict-line">
        <Ways payload={payload} />
        <span class="muted">
          <Prose text={payload.why} />
        </span>
      </div>
    </div>
  );
}

/** The exception that the call ends with. */
function Failure({ failure }: { failure: RestoreFailurePayload }) {
  const text = `${failure.type}: ${failure.message}`;
  return (
    <Note tone="bad" title={failure.type} copy={text}>
      {visibleName(failure.message)}
    </Note>
  );
}

/** How else the two can be restored, where there is a choice. */
function Ways({ payload }: { payload: RestorePayload }) {
  const { method, methods } = payload;
  const isKeras = method.startsWith('keras');
  return (
    <>
      {methods.length > 1 && (
        <Segments
          label="Way to restore"
          options={methods.map((name) => [name, METHOD_WORDS[name] ?? name] as const)}
          value={method}
          onChange={(name) =>
            go({ method: name === methods[0] ? '' : name, attach: '', option: '', tensor: '' })
          }
        />
      )}
      {isKeras && (
        <Chips label="Options of load_weights">
          {method === 'keras_h5' && <Option name="by_name" />}
          <Option name="skip_mismatch" />
        </Chips>
      )}
    </>
  );
}

function Option({ name }: { name: string }) {
  return (
    <Chip
      pressed={readSet(route.value.option).has(name)}
      title={`load_weights(…, ${name}=True)`}
      onToggle={() => go({ option: toggleIn(route.value.option, name), tensor: '' })}
    >
      {name}
    </Chip>
  );
}
