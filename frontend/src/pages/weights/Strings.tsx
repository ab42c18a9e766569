import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { StringsPayload } from '../../api/types';
import { formatCount, formatQuantity } from '../../model/format';
import { api, route, useAnswer } from '../../state';
import { CopyButton } from '../../ui/CopyButton';
import { uniformRows } from '../../ui/rows';
import { Search } from '../../ui/Search';
import { focusGrid, VirtualGrid } from '../../ui/VirtualGrid';
import { Problem } from '../parts';
import type { Held } from './look';
import { useSettled } from './SliceField';
import { Take } from './Take';

/** Strings in one answer of the server. */
const PAGE = 1000;
const ROW_PX = 26;

/** A string tensor as a list to search: index, text and length of each. */
export function Strings({ held }: { held: Held }) {
  const { shape } = held;
  const { key } = held.at;
  const typed = useSignal('');
  const q = useSettled(typed.value);
  const box = useRef<HTMLDivElement>(null);
  const whole = shape.map((size) => ({ start: 0, stop: size, step: 1, single: false }));
  return (
    <div class="values strings-list" ref={box}>
      <Search
        second
        label="Search the strings"
        placeholder="Search the strings"
        value={typed.value}
        onInput={(text) => {
          typed.value = text;
        }}
        onDown={() => focusGrid(box.current)}
      />
      <Found key={q} tensor={key} shape={shape} q={q} />
      <Take held={held} region={whole} />
    </div>
  );
}

function Found(props: { tensor: string; shape: readonly number[]; q: string }) {
  const { tensor, q } = props;
  const { id } = route.value;
  const active = useSignal(-1);
  const { value, error, retry } = useAnswer(`${id} ${tensor} ${q}`, (client, signal) =>
    client.strings(id, tensor, q, 0, signal),
  );
  const find = usePages(id, tensor, q, value);
  if (error) return <Problem error={error} what="These strings cannot be listed" onRetry={retry} />;
  if (!value) return <div class="strings-box" />;
  const { matched, count } = value;
  const all = formatQuantity(count, 'string');
  if (!matched) {
    const words = count ? `None of ${all} holds this text.` : 'This tensor is empty.';
    return <p class="values-note muted">{words}</p>;
  }
  return (
    <>
      <p class="values-note muted" role="status">
        {q ? `${formatCount(matched)} of ${all}` : all}
      </p>
      <VirtualGrid
        role="grid"
        label="Strings"
        class="strings-box"
        rows={uniformRows(matched, ROW_PX)}
        template="minmax(52px, max-content) minmax(80px, 1fr) max-content 32px"
        active={active.value}
        onActive={(at) => {
          active.value = at;
        }}
        onOpen={() => {}}
        rowKey={String}
      >
        {(at) => <Line {...props} {...find(at)} />}
      </VirtualGrid>
    </>
  );
}

interface Entry {
  index: number;
  text: string;
  nbytes: number;
}

/** What was found, by its place among it; what is not here yet is asked for, a page at a time. */
function usePages(id: string, tensor: string, q: string, first: StringsPayload | undefined) {
  const pages = useSignal<ReadonlyMap<number, StringsPayload>>(new Map());
  const asked = useRef(new Set<number>([0]));
  return (at: number): Partial<Entry> => {
    const page = Math.floor(at / PAGE);
    const payload = page ? pages.value.get(page) : first;
    if (!payload && !asked.current.has(page)) {
      asked.current.add(page);
      api()
        .strings(id, tensor, q, page * PAGE)
        .then(
          (came) => {
            pages.value = new Map(pages.value).set(page, came);
          },
          () => asked.current.delete(page), // Asked again when it comes into view.
        );
    }
    const row = at % PAGE;
    return { index: payload?.index[row], text: payload?.text[row], nbytes: payload?.nbytes[row] };
  };
}

function Line(props: { tensor: string; shape: readonly number[] } & Partial<Entry>) {
  const { index, text, nbytes } = props;
  if (index === undefined || text === undefined || nbytes === undefined) {
    return <div class="cells muted">…</div>;
  }
  const places = placesOf(index, props.shape);
  return (
    <div class="cells">
      <span role="gridcell" class="number muted">
        {places.join(', ')}
      </span>
      <span role="gridcell" class="code" title={text}>
        {text}
      </span>
      <span role="gridcell" class="number muted">
        {formatQuantity(nbytes, 'byte')}
      </span>
      <span role="gridcell">
        <CopyButton
          class="small"
          label={`Copy string ${places.join(', ')}`}
          text={() => readWhole(props.tensor, places, text, nbytes)}
        />
      </span>
    </div>
  );
}

/** Index along each axis. */
function placesOf(index: number, shape: readonly number[]): number[] {
  const places: number[] = [];
  let rest = index;
  for (const size of [...shape].reverse()) {
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return places;
}

/** Bytes from which on a list has only the beginning of a string. */
const CUT = 1000;

async function readWhole(key: string, places: number[], text: string, nbytes: number) {
  if (nbytes <= CUT) return text;
  const answer = await api().values({ id: route.value.id, key }, places.join());
  return answer.text[0] ?? text;
}
