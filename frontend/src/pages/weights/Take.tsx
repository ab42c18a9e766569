import type { ComponentChildren } from 'preact';
import type { CallPlace } from '../../api/client';
import { formatBytes, formatShape } from '../../model/format';
import { countRegion, formatExact, formatSlice, type Range } from '../../model/slices';
import { writePythonRead } from '../../model/snippets';
import { layOutValues } from '../../model/values';
import { api, useAnswer } from '../../state';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import type { Held } from './look';

/** Elements that are copied at once: more the server does not give as text. */
const MOST_COPIED = 10_000;

/** Ways to take values elsewhere: the tensor, the slice, and what else `children` offer. */
export function Take(props: {
  held: Held;
  region: readonly Range[];
  children?: ComponentChildren;
}) {
  const { at, name, dtype, shape, nbytes } = props.held;
  const isText = dtype === 'string';
  const exact = shape.length ? formatExact(props.region) : '';
  const part = shape.length
    ? `The slice ${formatSlice(props.region, shape)} of ${formatShape(shape)}`
    : 'The value';
  return (
    <div class="take">
      {!isText && (
        <a class="plain outlined" href={api().npyAddress(at)} download title={`${name} as .npy`}>
          <Icon name="download" />
          .npy, {formatBytes(nbytes)}
        </a>
      )}
      {shape.length > 0 && !isText && (
        <>
          <span class="muted take-label">This slice</span>
          <FileLink address={api().npyAddress(at, exact)} title={`${part} as .npy`}>
            .npy
          </FileLink>
        </>
      )}
      {'id' in at && (
        <FileLink
          address={api().csvAddress(at.id, at.key, exact)}
          title={`${part} as comma-separated values`}
        >
          CSV
        </FileLink>
      )}
      {props.children}
      {'id' in at ? (
        <PythonButton id={at.id} tensor={at.key} region={props.region} />
      ) : (
        countRegion(props.region) <= MOST_COPIED && (
          <CopyButton
            word="Copy"
            label={`${part}, for a spreadsheet`}
            text={() => copyValues(at, props.region)}
          />
        )
      )}
    </div>
  );
}

/** Rows in lines, columns between tabs, as the table shows them. */
async function copyValues(at: CallPlace, region: readonly Range[]): Promise<string> {
  const payload = await api().values(at, formatExact(region));
  const { cells } = layOutValues(payload, region);
  return cells.map((row) => row.join('\t')).join('\n');
}

function FileLink(props: { address: string; title: string; children: ComponentChildren }) {
  return (
    <a class="plain" href={props.address} download title={props.title}>
      <Icon name="download" />
      {props.children}
    </a>
  );
}

/** The path is asked for when somebody wants the code. */
function PythonButton(props: { id: string; tensor: string; region: readonly Range[] }) {
  const { id, tensor, region } = props;
  const { value } = useAnswer(id, (client, signal) => client.artifact(id, signal));
  return (
    <CopyButton
      word="Python"
      label="Copy Python code that reads this slice"
      text={() => writePythonRead(value?.location ?? '', tensor, region)}
    />
  );
}
