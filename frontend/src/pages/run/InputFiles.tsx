import type { RunValuePayload } from '../../api/types';
import { fileOf } from '../../model/callSnippets';
import { api } from '../../state';

/** Files that code of a call reads: inputs that are too large to be written into it. */
export function InputFiles({ call, inputs }: { call: string; inputs: readonly RunValuePayload[] }) {
  return (
    <>
      {inputs.map(({ key }) => (
        <p key={key}>
          It reads{' '}
          <a class="underlined" href={api().npyAddress({ call, side: 'input', key })} download>
            {fileOf(key)}
          </a>
          , which holds this input.
        </p>
      ))}
    </>
  );
}
