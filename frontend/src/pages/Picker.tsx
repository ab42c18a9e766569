import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ArtifactRow } from '../api/types';
import { listChoices, type Suggestion } from '../model/choices';
import { formatAgo, formatCount, formatKind, formatTime, visibleName } from '../model/format';
import { compileSearch } from '../model/search';
import { artifacts, now_s } from '../state';
import { announce } from '../ui/announce';
import { Dialog } from '../ui/Dialog';
import { Icon } from '../ui/Icon';
import { variableRows } from '../ui/rows';
import { Search } from '../ui/Search';
import { adoptStyles } from '../ui/styles';
import { focusGrid, VirtualGrid } from '../ui/VirtualGrid';
import { Name, State } from './parts';
import css from './picker.css?inline';

adoptStyles(css);

const ROW_PX = 30;
const HEAD_PX = 34;
const WHY_PX = 18;

export interface PickerProps {
  /** What is chosen, as a phrase: `Restore this checkpoint`. */
  label: string;
  /** Id of the artifact that is chosen; empty: none. */
  value: string;
  /** Stand first, each with the reason. */
  suggested?: readonly Suggestion[];
  /** Whether an artifact can be chosen; others are not listed. */
  fits?: (row: ArtifactRow) => boolean;
  /** What stands there where nothing is chosen. */
  none?: string;
  onPick: (id: string) => void;
}

/** An artifact of the logdir, and a way to choose another one: any, by run, the newest first. */
export function Picker(props: PickerProps) {
  const open = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const row = artifacts.value.value?.artifacts.find(({ id }) => id === props.value);
  const close = () => {
    open.value = false;
  };
  const wasOpen = useRef(false);
  useEffect(() => {
    // Not before the dialog is gone: what lies behind it takes no focus.
    if (wasOpen.current && !open.value) button.current?.focus();
    wasOpen.current = open.value;
  }, [open.value]);
  return (
    <div class="picker">
      <span class="picker-label" aria-hidden="true">
        {props.label}
      </span>
      <button
        ref={button}
        type="button"
        class="picker-button outlined"
        aria-haspopup="dialog"
        onClick={() => {
          open.value = true;
        }}
      >
        <span class="hidden">{props.label}: </span>
        <Chosen row={row} id={props.value} none={props.none} />
        <Icon name="down" />
      </button>
      {open.value && (
        <Choices
          {...props}
          onClose={close}
          onPick={(id) => {
            close();
            props.onPick(id);
          }}
        />
      )}
    </div>
  );
}

function Chosen(props: { row: ArtifactRow | undefined; id: string; none: string | undefined }) {
  const { row, id } = props;
  if (!row) {
    const word =
      id && artifacts.value.value ? 'No longer there: choose another' : (props.none ?? 'Choose…');
    return <span class="picker-name muted">{id && !artifacts.value.value ? '…' : word}</span>;
  }
  return (
    <>
      <Name name={row.path} class="picker-name" />
      {row.state !== 'complete' && <State state={row.state} />}
      <span class="muted picker-kind">{formatKind(row.kind)}</span>
    </>
  );
}

function Choices(props: PickerProps & { onClose: () => void }) {
  const search = useSignal('');
  // Suggestions come first; without any, the list opens where the chosen one stands.
  const active = useSignal(props.suggested?.length ? '' : props.value);
  const box = useRef<HTMLDivElement>(null);
  const suggested = props.suggested ?? [];
  const items = useComputed(() =>
    listChoices(
      (artifacts.value.value?.artifacts ?? []).filter(props.fits ?? (() => true)),
      search.value,
      suggested,
    ),
  ).value;
  const count = items.filter((item) => item.type === 'choice').length;
  useEffect(() => box.current?.querySelector('input')?.focus(), []);
  useEffect(() => announce(`${formatCount(count)} to choose from`), [count]);
  const problem = compileSearch(search.value);
  const pick = (index: number) => {
    const item = items[index];
    if (item?.type === 'choice') props.onPick(item.row.id);
  };
  const keyOf = (index: number) => items[index]?.key ?? '';
  const first = items.findIndex((item) => item.type === 'choice');
  return (
    <Dialog title={props.label} onClose={props.onClose}>
      <div class="picker-panel" ref={box}>
        <Search
          second
          label="Search paths"
          placeholder="Search paths, or /regex/"
          value={search.value}
          problem={typeof problem === 'string' ? problem : undefined}
          onInput={(text) => {
            search.value = text;
          }}
          onDown={() => {
            focusGrid(box.current);
            active.value = keyOf(first);
          }}
        />
        {count ? (
          <VirtualGrid
            role="grid"
            label={props.label}
            rows={variableRows(items.map(heightOf))}
            active={items.findIndex((item) => item.key === active.value)}
            onActive={(index) => {
              active.value = keyOf(index);
            }}
            onOpen={pick}
            rowKey={keyOf}
            rowProps={(index) => ({ class: items[index]?.type === 'choice' ? '' : 'picker-head' })}
            template="minmax(0, 1fr) auto 112px 76px 104px"
          >
            {(index) => <Line item={items[index]} isChosen={keyOf(index) === props.value} />}
          </VirtualGrid>
        ) : (
          <p class="muted picker-none">
            {typeof problem === 'string' ? problem : 'No artifact has this in its path.'}
          </p>
        )}
      </div>
    </Dialog>
  );
}

type Item = ReturnType<typeof listChoices>[number];

function heightOf(item: Item): number {
  if (item.type === 'head') return HEAD_PX;
  return ROW_PX + (item.why ? WHY_PX : 0);
}

function Line({ item, isChosen }: { item: Item | undefined; isChosen: boolean }) {
  if (!item) return null;
  if (item.type === 'head') {
    return (
      <span role="gridcell" title={visibleName(item.title)}>
        {visibleName(item.title)}
      </span>
    );
  }
  const { row, above } = item;
  const name = row.path.startsWith(above) ? row.path.slice(above.length) : row.path;
  return (
    <>
      <div class="cells">
        <span role="gridcell" class="picker-path">
          <Name name={name} title={visibleName(row.path)} dimHead />
          {isChosen && <Icon name="check" />}
        </span>
        <span role="gridcell">{row.state !== 'complete' && <State state={row.state} />}</span>
        <span role="gridcell" class="muted">
          {formatKind(row.kind)}
        </span>
        <span role="gridcell" class="number" title="Step">
          {row.step === null ? '' : formatCount(row.step)}
        </span>
        <span role="gridcell" class="number muted" title={formatTime(row.mtime_s)}>
          {formatAgo(row.mtime_s, now_s.value)}
        </span>
      </div>
      {item.why && (
        <div role="gridcell" class="picker-why">
          {item.why}
        </div>
      )}
    </>
  );
}
