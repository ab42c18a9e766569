import type { ComponentChildren } from 'preact';
import { formatBytes, formatShape } from '../../model/format';
import { formatExact, formatSlice, type Range } from '../../model/slices';
import { writePythonRead } from '../../model/snippets';
import type { TensorTable } from '../../model/tensors';
import { api, route, useAnswer } from '../../state';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';

/** Ways to take values elsewhere: the tensor, the slice, and what else `children` offer. */
export function Take(props: {
  table: TensorTable;
  row: number;
  region: readonly Range[];
  children?: ComponentChildren;
}) {
  const { columns } = props.table;
  const { id } = route.value;
  const key = columns.key[props.row] ?? '';
  const shape = columns.shape[props.row] ?? [];
  const isText = columns.dtype[props.row] === 'string';
  const exact = shape.length ? formatExact(props.region) : '';
  const part = shape.length
    ? `The slice ${formatSlice(props.region, shape)} of ${formatShape(shape)}`
    : 'The value';
  return (
    <div class="take">
      {!isText && (
        <a
          class="plain outlined"
          href={api().npyAddress(id, key)}
          download
          title={`${key} as .npy`}
        >
          <Icon name="download" />
          .npy, {formatBytes(columns.nbytes[props.row] ?? 0)}
        </a>
      )}
      {shape.length > 0 && !isText && (
        <>
          <span class="muted take-label">This slice</span>
          <FileLink address={api().npyAddress(id, key, exact)} title={`${part} as .npy`}>
            .npy
          </FileLink>
        </>
      )}
      <FileLink
        address={api().csvAddress(id, key, exact)}
        title={`${part} as comma-separated values`}
      >
        CSV
      </FileLink>
      {props.children}
      <PythonButton id={id} tensor={key} region={props.region} />
    </div>
  );
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
