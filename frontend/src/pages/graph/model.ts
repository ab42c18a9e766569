import { batch, signal } from '@preact/signals';
import { ApiError, type Client } from '../../api/client';
import { type Colouring, isTarget, type Support } from '../../graph/colour';
import type { Description } from '../../graph/describe';
import { RemoteSession } from '../../graph/remote';
import { BOX } from '../../graph/scene';
import {
  type GraphInfo,
  type Highlight,
  type Options,
  type Shown,
  USUAL,
} from '../../graph/session';
import type { Summary } from '../../graph/summary';
import type { GraphView } from '../../graph/view';

/** In an address, the main graph: its own id is empty, which stands for the usual one. */
export const MAIN = '.';

/** Nodes that a search found, and which of them is looked at. */
export interface Found {
  query: string;
  nodes: Int32Array;
  index: number;
  problem: string;
}

export const NOTHING_FOUND: Found = { query: '', nodes: new Int32Array(0), index: -1, problem: '' };

/** A search that takes longer is given up: some regular expressions would never end. */
const PATIENCE_MS = 4000;
export const GIVEN_UP = 'Given up after 4 seconds: this expression tries too much.';

/** A picture, and the box that stands still while it changes. */
export interface Picture extends Shown {
  anchor: number;
}

/** An open graph as the page sees it: what it asks of the worker, and what came. */
export class GraphModel {
  readonly info = signal<GraphInfo | undefined>(undefined);
  readonly picture = signal<Picture | undefined>(undefined);
  /** A document is on its way; what was there before is seen until then. */
  readonly isLoading = signal(false);
  readonly error = signal<ApiError | undefined>(undefined);
  readonly options = signal<Options>(USUAL);
  /** Id of the selected box, or -1, and what it stands for. */
  readonly selected = signal(-1);
  readonly description = signal<Description | undefined>(undefined);
  readonly summary = signal<Summary | undefined>(undefined);
  readonly found = signal<Found>(NOTHING_FOUND);
  /** The box to which a path is to be found from the next selection; or -1. */
  readonly pathFrom = signal(-1);
  /** The canvas, while there is one, and the picture that it has. */
  view: GraphView | undefined;
  readonly drawn = signal<Picture | undefined>(undefined);
  /** There is no way of data between the two boxes that were asked for. */
  readonly isPathless = signal(false);
  /** Whether sums are asked for: then before the picture, which takes longer. */
  private isSummed = false;
  private readonly remote = new RemoteSession();
  private readonly abort = new AbortController();
  private turn = 0;
  private client: Client | undefined;
  private inside = '';
  private hasAttributes = false;

  constructor(
    readonly id: string,
    /** Id of the graph. */
    readonly graph: string,
    /** Told the name of what was selected; empty for nothing. */
    private readonly onSelected: (path: string) => void,
    /** Told which scope is to be all that is seen. */
    private readonly onEnter: (path: string) => void,
  ) {}

  /** Loads the graph and shows what an address names. */
  async open(client: Client, options: Options, scope: string, node: string) {
    this.client = client;
    this.options.value = { ...options, support: await this.supportOf(options.colouring) };
    await this.load('', scope, node);
    if (this.info.value?.partial && scope) await this.load(scope, scope, node);
  }

  /** @param inside A scope of a graph too large to load whole; empty for all of it. */
  private async load(inside: string, scope: string, node: string) {
    this.isLoading.value = true;
    try {
      const text = await this.client?.graph(this.id, this.graph, inside, this.abort.signal);
      const info = await this.remote.load(text ?? '', this.options.value);
      this.hasAttributes = false;
      this.inside = inside;
      // The first part tells how many there are in all.
      const nodes = this.info.value?.nodes ?? info.nodes;
      this.summary.value = this.isSummed ? await this.remote.call('summary') : undefined;
      this.info.value = { ...info, nodes };
      await this.take(this.remote.call('show', scope, node), -1, { select: true });
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.error.value =
        error instanceof ApiError ? error : new ApiError('Graph', (error as Error).message);
    } finally {
      this.isLoading.value = false;
    }
  }

  close() {
    this.abort.abort();
    this.remote.close();
  }

  async show(scope: string, node: string) {
    if (this.info.value?.partial && scope !== this.inside) return this.load(scope, scope, node);
    await this.take(this.remote.call('show', scope, node), -1, { select: true });
  }

  /** Opens or closes a box; what is not loaded is gone to. */
  async toggle(box: number) {
    const scene = this.picture.value?.scene;
    const kind = scene?.kind[scene.box.indexOf(box)] ?? 0;
    if (kind & BOX.unloaded) return this.onEnter((await this.remote.call('describe', box)).path);
    await this.take(this.remote.call('toggle', box), box);
  }

  /** @param most Nodes of a box that is still opened. */
  async openAll(most: number) {
    await this.take(this.remote.call('openAll', most), -1);
  }

  async closeAll() {
    await this.take(this.remote.call('closeAll'), -1);
  }

  async configure(change: Partial<Options>) {
    this.options.value = { ...this.options.value, ...change };
    const path = this.description.value?.path ?? '';
    await this.take(this.remote.call('configure', this.options.value, path), -1, { select: true });
  }

  async colour(colouring: Colouring) {
    this.options.value = { ...this.options.value, colouring };
    const support = await this.supportOf(colouring);
    // Another one may have been chosen meanwhile.
    if (this.options.value.colouring === colouring) await this.configure({ support });
  }

  /** What a target makes of ops; of other colourings, and where nobody knows, nothing. */
  private async supportOf(colouring: Colouring): Promise<Support> {
    if (!isTarget(colouring) || !this.client) return USUAL.support;
    try {
      const { ops } = await this.client.portability(this.id, '', this.abort.signal);
      const verdicts = ops.support.find(({ name }) => name === colouring)?.verdict ?? [];
      return new Map(ops.op.map((op, i) => [op, verdicts[i] ?? '']));
    } catch {
      return USUAL.support;
    }
  }

  async highlight(kind: Highlight | 'none', other = -1) {
    const box = this.selected.value;
    this.pathFrom.value = -1;
    if (this.options.value.isolated)
      this.options.value = { ...this.options.value, isolated: false };
    const isolated = this.options.value;
    await this.take(this.remote.call('highlight', kind, box, other), box);
    this.isPathless.value = kind === 'path' && !this.picture.value?.marks;
    if (kind === 'none') await this.configure(isolated);
  }

  /** Selects a box that is seen; -1 for none. */
  async select(box: number) {
    const from = this.pathFrom.value;
    this.selected.value = box;
    this.isPathless.value = false;
    if (box < 0) {
      this.description.value = undefined;
      this.onSelected('');
      return;
    }
    const description = await this.remote.call('describe', box);
    if (this.selected.value !== box) return;
    this.description.value = description;
    this.onSelected(description.isBundle ? '' : description.path);
    if (from >= 0 && from !== box) await this.highlight('path', from);
  }

  /** The last question counts; one that takes too long is given up, with the worker that is at it. */
  async seek(query: string) {
    this.found.value = { ...this.found.value, query };
    if (!this.info.value) return;
    const answer = await this.ask(query);
    if (this.found.value.query !== query) return;
    const problem = typeof answer === 'string' ? answer : '';
    const nodes = typeof answer === 'string' ? new Int32Array(0) : answer;
    this.found.value = { query, nodes, index: -1, problem };
  }

  private async ask(query: string): Promise<Int32Array | string> {
    if (query.startsWith('attr:') && !this.hasAttributes) {
      const problem = await this.learn();
      if (problem) return problem;
    }
    let timer = 0;
    const late = new Promise<undefined>((resolve) => {
      timer = window.setTimeout(() => resolve(undefined), PATIENCE_MS);
    });
    const answer = await Promise.race([this.remote.call('seek', query), late]);
    clearTimeout(timer);
    if (answer !== undefined) return answer;
    this.remote.restart();
    this.hasAttributes = false;
    const scope = this.picture.value?.crumbs.at(-1)?.path ?? '';
    void this.load(this.inside, scope, this.description.value?.path ?? '');
    return GIVEN_UP;
  }

  /** Loads the attributes of all nodes; returns what is wrong. */
  private async learn(): Promise<string> {
    try {
      const given = await this.client?.graphAttributes(this.id, this.graph, this.abort.signal);
      if (!given) return 'The attributes cannot be had.';
      await this.remote.call('learn', given);
      this.hasAttributes = true;
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Names of nodes, by their numbers. */
  names(numbers: readonly number[]): Promise<string[]> {
    return this.remote.call('names', numbers);
  }

  /** Sums by scope and op, of what is loaded. */
  async summarise() {
    this.isSummed = true;
    if (this.info.peek() && !this.summary.peek())
      this.summary.value = await this.remote.call('summary');
  }

  /** Goes to the next or previous node that was found. */
  async step(by: 1 | -1) {
    const { nodes, index } = this.found.value;
    if (!nodes.length) return;
    const next =
      index < 0 && by < 0 ? nodes.length - 1 : (index + by + nodes.length) % nodes.length;
    this.found.value = { ...this.found.value, index: next };
    await this.goTo(nodes[next] ?? 0);
  }

  /** Shows a node and selects its box. */
  async goTo(node: number) {
    await this.take(this.remote.call('showNode', node), -1, { select: true });
  }

  /** Takes an answer, unless something was asked since. */
  private async take(asked: Promise<Shown>, anchor: number, options = { select: false }) {
    const turn = ++this.turn;
    const shown = await asked;
    if (turn !== this.turn) return;
    const box = shown.scene.box[shown.selected] ?? -1;
    batch(() => {
      this.picture.value = { ...shown, anchor: anchor >= 0 ? anchor : box };
      if (options.select && box < 0) {
        this.selected.value = -1;
        this.description.value = undefined;
      }
    });
    if (options.select && box >= 0) await this.select(box);
  }
}
