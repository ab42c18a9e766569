import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { formatBytes, formatShape } from '../../model/format';
import {
  fitRegion,
  formatExact,
  formatSlice,
  openingRegion,
  parseSlice,
  type Range,
} from '../../model/slices';
import { writePythonRead } from '../../model/snippets';
import type { TensorTable } from '../../model/tensors';
import { api, go, route, useAnswer } from '../../state';
import { CopyButton } from '../../ui/CopyButton';
import { Icon } from '../../ui/Icon';
import { Problem } from '../parts';
import { Axes } from './Axes';
import { ValueTable } from './ValueTable';

/** Types that hold no numbers and no text: objects of a running program, or types of the future. */
const NO_VALUES = /^(resource|variant|invalid|DT_.*|.*_ref)$/;
/** Selections pass by this quickly under an arrow key that is held down. */
const SETTLE_MS = 80;

/** Values of a slice, and the ways to choose and take it. */
export function Values({ table, row }: { table: TensorTable; row: number }) {
  const shape = table.columns.shape[row] ?? [];
  const dtype = table.columns.dtype[row] ?? '';
  const { slice } = route.value;
  const parsed = slice ? parseSlice(slice, shape) : openingRegion(shape);
  const problem = typeof parsed === 'string' ? parsed : '';
  const [region, note] = fitRegion(typeof parsed === 'string' ? openingRegion(shape) : parsed);
  if (NO_VALUES.test(dtype)) {
    return (
      <p class="values-note muted">
        {dtype === 'variant'
          ? 'A variant is an object that TensorFlow packs in its own way, such as a list of tensors. Its name and shape are known; what is in it is not shown.'
          : `Values of type ${dtype} cannot be shown.`}
      </p>
    );
  }
  if (!table.holdsValues) {
    return (
      <p class="values-note muted">
        This file tells which variables there are, not their values: those are in the checkpoint
        that it belongs to. Copied beside it, the two are shown as one.
      </p>
    );
  }
  const choose = (next: Range[]) => go({ slice: formatSlice(next, shape) }, { replace: true });
  return (
    <div class="values">
      {shape.length > 0 && (
        <div class="slice-line">
          <SliceField text={slice || formatSlice(region, shape)} problem={problem} />
          <Axes region={region} shape={shape} onChange={choose} />
        </div>
      )}
      {(problem || note) && (
        <p class={`values-note ${problem ? 'bad' : 'muted'}`}>{problem || note}</p>
      )}
      {!problem && <Fetched table={table} row={row} region={region} />}
      <Take table={table} row={row} region={region} />
    </div>
  );
}

function SliceField({ text, problem }: { text: string; problem: string }) {
  const draft = useSignal(text);
  useEffect(() => {
    draft.value = text;
  }, [text]);
  const apply = () => {
    if (draft.value.trim() !== text) go({ slice: draft.value.trim() });
  };
  return (
    <label class="slice-field">
      <span class="muted">Slice</span>
      <input
        class="field code"
        type="text"
        spellcheck={false}
        autocomplete="off"
        value={draft.value}
        title="As in numpy: 0:10, :, 3"
        aria-invalid={problem ? 'true' : undefined}
        onInput={(event) => {
          draft.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') apply();
          if (event.key === 'Escape' && draft.value !== text) {
            event.preventDefault();
            draft.value = text;
          }
        }}
        onBlur={apply}
      />
    </label>
  );
}

/** Answers come in order of asking: one that is overtaken is aborted. */
function Fetched(props: { table: TensorTable; row: number; region: readonly Range[] }) {
  const { table, row, region } = props;
  const { id } = route.value;
  const key = table.columns.key[row] ?? '';
  const exact = useSettled(formatExact(region));
  const { value, error, retry } = useAnswer(`${id} ${key} ${exact}`, (client, signal) =>
    client.values(id, key, exact, signal),
  );
  if (error?.type === 'Unsupported') return <p class="values-note muted">{error.message}</p>;
  if (error) {
    return <Problem error={error} what="These values cannot be read" onRetry={retry} />;
  }
  return <ValueTable payload={value} region={region} />;
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** Ways to take the values elsewhere. */
function Take(props: { table: TensorTable; row: number; region: readonly Range[] }) {
  const { table, row, region } = props;
  const { id } = route.value;
  const key = table.columns.key[row] ?? '';
  const nbytes = table.columns.nbytes[row] ?? 0;
  const isText = table.columns.dtype[row] === 'string';
  const shape = table.columns.shape[row] ?? [];
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
          .npy, {formatBytes(nbytes)}
        </a>
      )}
      {!isText && shape.length > 0 && (
        <a
          class="plain"
          href={api().npyAddress(id, key, formatExact(region))}
          download
          title={`The slice ${formatSlice(region, shape)} of ${formatShape(shape)} as .npy`}
        >
          <Icon name="download" />
          This slice
        </a>
      )}
      <PythonButton id={id} tensor={key} region={region} />
    </div>
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
