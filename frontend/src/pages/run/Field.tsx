import type { RunInputPayload } from '../../api/types';
import { type Draft, isTable, type Scale, type Way, waysOf } from '../../model/calls';
import { formatShape, visibleName } from '../../model/format';
import { Segments } from '../../ui/Chips';
import { CopyButton } from '../../ui/CopyButton';
import { Drop, ImageDrop } from './Drop';
import { Examples } from './Examples';

export interface FieldProps {
  input: RunInputPayload;
  draft: Draft;
  onChange: (next: Partial<Draft>) => void;
}

const WORDS: Record<Way, string> = {
  values: 'Values',
  random: 'Random',
  npy: '.npy',
  image: 'Image',
  text: 'Text',
  file: 'File',
  examples: 'tf.Example',
  default: 'Default',
};

/** An input: what it takes, how it is to be given, and the fields for that. */
export function Field(props: FieldProps & { problem: string }) {
  const { input, draft, problem } = props;
  const ways = waysOf(input);
  return (
    <fieldset class="run-input" aria-label={visibleName(input.key)}>
      <div class="run-input-head">
        <strong title={visibleName(input.key)}>{visibleName(input.key)}</strong>
        <CopyButton text={input.key} label="Copy the key of the input" class="small" />
        <span class="muted run-spec">
          {input.dtype} {formatShape(input.shape)}
        </span>
        <span class="spring" />
        {ways.length > 1 && (
          <Segments
            label={`How ${visibleName(input.key)} is given`}
            options={ways.map((way) => [way, WORDS[way]] as const)}
            value={draft.way}
            onChange={(way) => props.onChange({ way })}
          />
        )}
      </div>
      {ways.length > 0 ? (
        <Fields {...props} />
      ) : (
        <p class="muted">It cannot be sent from here. Call the model in Python.</p>
      )}
      {problem && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

function Fields(props: FieldProps) {
  const { input, draft, onChange } = props;
  switch (draft.way) {
    case 'values':
      return <Values {...props} />;
    case 'random':
      return <Random {...props} />;
    case 'text':
      return (
        <textarea
          class="field code"
          aria-label={visibleName(input.key)}
          rows={input.shape?.length === 0 ? 2 : 4}
          placeholder={input.shape?.length === 0 ? 'Text' : 'One string a line'}
          spellcheck={false}
          value={draft.text}
          onInput={(event) => onChange({ text: event.currentTarget.value })}
        />
      );
    case 'examples':
      return <Examples {...props} />;
    case 'image':
      return (
        <>
          <ImageDrop {...props} />
          <label class="run-number">
            <span class="muted">Range of a pixel</span>
            <select
              class="field"
              value={draft.scale}
              onChange={(event) => onChange({ scale: event.currentTarget.value as Scale })}
            >
              {/float/.test(input.dtype) && <option value="0..1">0 to 1</option>}
              <option value="0..255">0 to 255</option>
              {/float/.test(input.dtype) && <option value="-1..1">−1 to 1</option>}
            </select>
          </label>
        </>
      );
    case 'default':
      return <p class="muted">The value that is stored with the model.</p>;
    default:
      return <Drop {...props} />;
  }
}

/** A table of fields, or JSON where that would be too large. */
function Values(props: FieldProps) {
  const { input, draft, onChange } = props;
  const hasTable = isTable(draft) && input.shape !== null;
  const byHand = !hasTable || draft.json !== '';
  return (
    <>
      {hasTable && !draft.json && <Sizes {...props} />}
      {byHand ? (
        <textarea
          class="field code"
          aria-label={`${visibleName(input.key)} as JSON`}
          rows={4}
          placeholder="[[1, 2], [3, 4]]"
          spellcheck={false}
          value={draft.json}
          onInput={(event) => onChange({ json: event.currentTarget.value })}
        />
      ) : (
        <Table {...props} />
      )}
      {hasTable && (
        <button
          type="button"
          class="link run-switch"
          onClick={() => onChange({ json: draft.json ? '' : toJson(props) })}
        >
          {draft.json ? 'As a table' : 'As JSON'}
        </button>
      )}
    </>
  );
}

function toJson({ input, draft }: FieldProps): string {
  const rows = draft.sizes.length > 1 ? (draft.sizes[0] ?? 1) : 1;
  const columns = draft.sizes.at(-1) ?? 1;
  const quoted = input.dtype === 'string';
  const cell = (index: number) => {
    const text = draft.cells[index] ?? '';
    return quoted ? JSON.stringify(text) : text || (input.dtype === 'bool' ? 'false' : '0');
  };
  const row = (at: number) =>
    `[${Array.from({ length: columns }, (_, column) => cell(at * columns + column)).join(', ')}]`;
  if (!draft.sizes.length) return cell(0);
  if (draft.sizes.length === 1) return row(0);
  return `[${Array.from({ length: rows }, (_, at) => row(at)).join(',\n ')}]`;
}

function Table({ input, draft, onChange }: FieldProps) {
  const { sizes, cells } = draft;
  const columns = sizes.at(-1) ?? 1;
  const rows = sizes.length > 1 ? (sizes[0] ?? 1) : 1;
  const name = visibleName(input.key);
  const set = (index: number, text: string) => {
    const next = [...cells];
    next[index] = text;
    onChange({ cells: Array.from(next, (one) => one ?? '') });
  };
  /** A table that is pasted fills the cells from there on. */
  const paste = (index: number, event: ClipboardEvent) => {
    const text = event.clipboardData?.getData('text') ?? '';
    if (!/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    const next = Array.from({ length: rows * columns }, (_, at) => cells[at] ?? '');
    for (const [down, line] of text.trim().split(/\r?\n/).entries()) {
      for (const [across, cell] of line.split(/\t|,/).entries()) {
        const column = (index % columns) + across;
        const at = (Math.floor(index / columns) + down) * columns + column;
        if (column < columns && at < next.length) next[at] = cell.trim();
      }
    }
    onChange({ cells: next });
  };
  return (
    <div
      class="run-cells"
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(64px, 110px))` }}
    >
      {Array.from({ length: rows * columns }, (_, index) => (
        <input
          key={index}
          class="field code"
          type="text"
          autocomplete="off"
          spellcheck={false}
          aria-label={sizes.length ? `${name} ${placeOf(index, sizes)}` : name}
          placeholder={input.dtype === 'bool' ? 'false' : input.dtype === 'string' ? '' : '0'}
          value={cells[index] ?? ''}
          onInput={(event) => set(index, event.currentTarget.value)}
          onPaste={(event) => paste(index, event)}
        />
      ))}
    </div>
  );
}

function placeOf(index: number, sizes: readonly number[]): string {
  if (sizes.length < 2) return `[${index}]`;
  const columns = sizes.at(-1) || 1;
  return `[${Math.floor(index / columns)}, ${index % columns}]`;
}

function Random(props: FieldProps) {
  const { draft, onChange, input } = props;
  const fields = [
    ['Lowest', 'low'],
    ['Highest', 'high'],
    ['Seed', 'seed'],
  ] as const;
  return (
    <>
      <Sizes {...props} />
      <div class="run-numbers">
        {fields.map(([word, name]) => (
          <label key={name} class="run-number">
            <span class="muted">{word}</span>
            <input
              class="field code"
              type="text"
              inputMode="decimal"
              autocomplete="off"
              aria-label={`${word} of ${visibleName(input.key)}`}
              value={draft[name]}
              onInput={(event) => onChange({ [name]: event.currentTarget.value })}
            />
          </label>
        ))}
      </div>
    </>
  );
}

/** The shape, with a field for each size that the signature leaves open. */
function Sizes({ input, draft, onChange }: FieldProps) {
  const name = visibleName(input.key);
  if (input.shape === null) {
    return (
      <label class="run-number">
        <span class="muted">Shape</span>
        <input
          class="field code"
          type="text"
          autocomplete="off"
          placeholder="scalar"
          title="Sizes, such as 2, 3; none for a scalar"
          aria-label={`Shape of ${name}`}
          value={draft.sizes.join(', ')}
          onChange={(event) => {
            const field = event.currentTarget;
            const sizes = field.value
              .split(/[\s,]+/)
              .filter(Boolean)
              .map(Number);
            if (sizes.every((size) => Number.isInteger(size) && size >= 0)) onChange({ sizes });
            else field.value = draft.sizes.join(', ');
          }}
        />
      </label>
    );
  }
  if (!input.shape.includes(null)) return null;
  return (
    <div class="run-sizes" role="group" aria-label={`Shape of ${name}`}>
      <span class="muted">Shape</span>
      {input.shape.map((size, axis) =>
        size === null ? (
          <input
            key={axis}
            class="field number"
            type="number"
            min={0}
            max={1_000_000}
            title={axis ? `Size of axis ${axis}` : 'Size of axis 0: the batch'}
            aria-label={`Size of axis ${axis} of ${name}`}
            value={draft.sizes[axis]}
            onInput={(event) => {
              const next = Number(event.currentTarget.value);
              if (!Number.isInteger(next) || next < 0 || !event.currentTarget.value) return;
              onChange({ sizes: draft.sizes.map((one, at) => (at === axis ? next : one)) });
            }}
          />
        ) : (
          <span key={axis} class="number">
            × {size}
          </span>
        ),
      )}
    </div>
  );
}
