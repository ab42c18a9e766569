import { signal, useSignal } from '@preact/signals';
import type { MetaGraphPayload, SignaturePayload } from '../../api/types';
import { type Callee, NoCode, writeCommand, writeKeras, writePython } from '../../model/callCode';
import { visibleName } from '../../model/format';
import { writeGrpc, writeRest } from '../../model/servingCode';
import { useAnswer } from '../../state';
import { Segments } from '../../ui/Chips';
import { recall, remember } from '../../ui/memory';
import { CodeBlock } from '../../ui/Note';

const WRITERS = {
  python: writePython,
  keras: writeKeras,
  rest: writeRest,
  grpc: writeGrpc,
  command: writeCommand,
};
type Way = keyof typeof WRITERS;
const WAYS = [
  ['python', 'Python'],
  ['keras', 'TFSMLayer'],
  ['rest', 'REST'],
  ['grpc', 'gRPC'],
  ['command', 'Command line'],
] as const;

const MEMORY = 'code';

/** One for all cards: who wants it one way wants the others so, too. */
const chosen = signal<Way>(WAYS.find(([way]) => way === recall(MEMORY))?.[0] ?? 'python');

export interface CallCodeProps {
  id: string;
  location: string;
  graph: MetaGraphPayload;
  hasOthers: boolean;
  signature: SignaturePayload;
  /** Whether it is shown without being asked. */
  isOpen: boolean;
}

/** Code that calls a signature, in each way that there is. */
export function CallCode(props: CallCodeProps) {
  const open = useSignal(props.isOpen);
  return (
    <details
      class="call"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>Code to call it</summary>
      {open.value && <Ways {...props} />}
    </details>
  );
}

function Ways({ id, location, graph, hasOthers, signature }: CallCodeProps) {
  const { tags } = graph;
  const hasStrings = signature.inputs.some(({ dtype }) => dtype === 'string');
  const { value, error } = useAnswer(`${id} ${tags} ${signature.key}`, async (client, abort) =>
    hasStrings ? client.features(id, tags, signature.key, abort) : { inputs: [] },
  );
  const features = new Map(value?.inputs.map((input) => [input.key, input.features]));
  const callee: Callee = { location, tags, hasOthers, signature, features };
  const way = chosen.value;
  return (
    <>
      <Segments
        label="Way to call it"
        options={WAYS}
        value={way}
        onChange={(name) => {
          chosen.value = name;
          remember(MEMORY, name);
        }}
      />
      {(value || error || !hasStrings) && <Written way={way} callee={callee} />}
      {error && <p class="muted">Whether it parses examples is not known: {error.message}</p>}
    </>
  );
}

function Written({ way, callee }: { way: Way; callee: Callee }) {
  const label = `Code that calls ${visibleName(callee.signature.key)}`;
  try {
    return <CodeBlock code={WRITERS[way](callee)} label={label} />;
  } catch (error) {
    if (!(error instanceof NoCode)) throw error;
    return <p class="muted">{visibleName(error.message)}</p>;
  }
}
