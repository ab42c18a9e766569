/** The address of a view: keys `p.modelinspect.*` in the hash of TensorBoard's own address. */

export const PLUGIN = 'modelinspect';
const PREFIX = `p.${PLUGIN}.`;

export type Page =
  | 'home'
  | 'model'
  | 'graph'
  | 'weights'
  | 'timeline'
  | 'compare'
  | 'restore'
  | 'run'
  | 'trust';
const PAGES: readonly string[] = [
  'home',
  'model',
  'graph',
  'weights',
  'timeline',
  'compare',
  'restore',
  'run',
  'trust',
];

/** Everything of a view that a link can carry; an empty text is the usual value. */
export interface Route {
  page: Page;
  /** Of the artifact; empty on Home. */
  id: string;
  /** Key of the tensor in the drawer. */
  tensor: string;
  slice: string;
  /** Text in the search field. */
  q: string;
  /** Column, after a `-` where it is descending. */
  sort: string;
  /** Values of filters, joined by commas. */
  role: string;
  dtype: string;
  finding: string;
  kind: string;
  state: string;
  /** Of tensors `tree` or `map`, of a graph `summary`, or empty. */
  view: string;
  /** Columns of the table of tensors, joined by commas; empty: those there is room for. */
  cols: string;
  /** Tags of the MetaGraph shown, joined by commas. */
  tags: string;
  /** Of the tensor in the drawer: `picture`, `values` or empty. */
  show: string;
  /** Axes of the picture: rows, columns, tiles down and across, joined by commas. */
  axes: string;
  /** Of the picture's colours: `full`, two numbers with a colon between, or empty for robust. */
  range: string;
  /** Of the picture `absmax`, of a restore the way it is done; empty: the usual one. */
  method: string;
  /** What areas stand for in the map of a graph; of the timeline: what is drawn, how tensors are grouped, and which lines (a list). */
  metric: string;
  group: string;
  lines: string;
  /** Ids of checkpoints whose series are laid over, as a list. */
  runs: string;
  /** Run and tag of a scalar as a list; `none` for none. */
  scalar: string;
  /** `time`, or empty for steps. */
  axis: string;
  /** `log` or empty. */
  scale: string;
  /** Path of the selected checkpoint where it has no id; `before` for a tensor that was removed. */
  at: string;
  /** Id of the second artifact: what a checkpoint is restored into, or compared with. */
  with: string;
  /** Object of the checkpoint that is attached to the target, `.` for its root; empty: the best. */
  attach: string;
  /** Of a restore: `by_name` and `skip_mismatch`, joined by commas. */
  option: string;
  /** Section of a comparison: empty for tensors; of a graph's summary: empty for scopes. */
  part: string;
  /** `1` where what is equal is listed, too. */
  all: string;
  /** Id of a graph; empty for the one to open first, `.` for the main graph, whose id is empty. */
  graph: string;
  /** Name of the scope whose inside is all that is seen. */
  scope: string;
  /** Name of the selected node or scope. */
  node: string;
  /** What boxes are coloured by; empty for the kind of op. */
  colour: string;
  /** Key of the signature that is to be called. No inputs: nothing runs from an address. */
  signature: string;
  /** Id of what a model gets its values from before it is compared with another. */
  values: string;
  /** Targets of portability besides the usual ones, joined by commas. */
  target: string;
}

export const HOME: Route = {
  page: 'home',
  id: '',
  tensor: '',
  slice: '',
  q: '',
  sort: '',
  role: '',
  dtype: '',
  finding: '',
  kind: '',
  state: '',
  view: '',
  cols: '',
  tags: '',
  show: '',
  axes: '',
  range: '',
  method: '',
  metric: '',
  group: '',
  lines: '',
  runs: '',
  scalar: '',
  axis: '',
  scale: '',
  at: '',
  with: '',
  attach: '',
  option: '',
  part: '',
  all: '',
  graph: '',
  scope: '',
  node: '',
  colour: '',
  signature: '',
  values: '',
  target: '',
};

/** Tab and keys of a hash, with or without its `#`, as TensorBoard reads it. */
export function parseHash(hash: string): { tab: string; keys: Map<string, string> } {
  let tab = '';
  const keys = new Map<string, string>();
  for (const token of hash.replace(/^#/, '').split('&')) {
    const parts = token.split('=');
    if (parts.length === 1) tab = parts[0] ?? '';
    if (parts.length === 2) keys.set(decode(parts[0] ?? ''), decode(parts[1] ?? ''));
  }
  return { tab, keys };
}

/** The route in a hash. Unknown pages and pages without an artifact lead Home. */
export function readRoute(keys: ReadonlyMap<string, string>): Route {
  const route: Record<string, string> = { ...HOME };
  for (const name of Object.keys(HOME)) {
    const value = keys.get(PREFIX + name);
    if (value !== undefined) route[name] = value;
  }
  const known = PAGES.includes(route.page ?? '') && (route.page === 'home' || route.id !== '');
  return (known ? route : { ...route, page: 'home' }) as unknown as Route;
}

/**
 * The hash (with `#`) that shows `route`; keys of other plugins stay as they are.
 *
 * Written as TensorBoard writes it, which would else add a history entry for the same view.
 */
export function writeHash(current: string, route: Route): string {
  const { tab, keys } = parseHash(current);
  for (const name of [...keys.keys()]) if (name.startsWith(PREFIX)) keys.delete(name);
  for (const [name, value] of Object.entries(route)) {
    if (value && value !== HOME[name as keyof Route]) keys.set(PREFIX + name, value);
  }
  const tokens = [...keys].map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return `#${[tab || PLUGIN, ...tokens].join('&')}`;
}

/** Whether two routes show the same. */
export function sameRoute(a: Route, b: Route): boolean {
  return (Object.keys(HOME) as (keyof Route)[]).every((name) => a[name] === b[name]);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `a,b` as a set; empty text is an empty set. */
export function readSet(text: string): Set<string> {
  return new Set(text ? text.split(',') : []);
}

/** The set with a member put in, or taken out if it was there. */
export function toggleIn(text: string, member: string): string {
  const set = readSet(text);
  if (!set.delete(member)) set.add(member);
  return [...set].sort().join(',');
}

/** `-nbytes`: by bytes, descending. Anything not in `columns` gives the usual order. */
export function readSort<Column extends string>(
  text: string,
  columns: readonly Column[],
  usual: { column: Column; descending: boolean },
): { column: Column; descending: boolean } {
  const descending = text.startsWith('-');
  const column = columns.find((name) => name === text.slice(descending ? 1 : 0));
  return column ? { column, descending } : usual;
}
