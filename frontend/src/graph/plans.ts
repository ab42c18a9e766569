import { describeBlock, describeGroup, findGroups, type Group, MOST_BOXES } from './bundle';
import { childrenOf, type Hierarchy, isScope, type Lifted, labelOf, liftEdges } from './hierarchy';
import { at } from './wire';

/** What an open scope shows: boxes, and the edges between their places. */
export interface Plan {
  /** Units of the hierarchy, and bundles of them. */
  boxes: number[];
  edges: Lifted;
}

interface Bundle {
  members: number[];
  parent: number;
  label: string;
  isSeries: boolean;
  /** Members by block, where what repeats is several boxes. */
  blocks?: number[][];
  /** It is one of these. */
  isBlock?: boolean;
}

/** The insides of scopes and bundles, made when they are first asked for. */
export class Plans {
  private readonly plans = new Map<number, Plan>();
  private readonly bundles: Bundle[] = [];
  private readonly bundleOf = new Map<number, number>();

  constructor(
    readonly hierarchy: Hierarchy,
    private readonly bundling = true,
  ) {}

  /** Whether a box can be opened. */
  isOpenable(box: number): boolean {
    return this.isBundle(box) || isScope(this.hierarchy, box);
  }

  isBundle(box: number): boolean {
    return box >= this.hierarchy.count;
  }

  /** Whether it is many of a kind, and not only one block of several boxes. */
  isMany(box: number): boolean {
    const bundle = this.bundle(box);
    return bundle !== undefined && !bundle.isBlock;
  }

  isSeries(box: number): boolean {
    return this.bundle(box)?.isSeries ?? false;
  }

  label(box: number): string {
    return this.bundle(box)?.label ?? labelOf(this.hierarchy, box);
  }

  /** The units a box stands for. */
  units(box: number): readonly number[] {
    return this.bundle(box)?.members ?? [box];
  }

  /** The box around one; -1 for the root. A bundle is known once its scope was planned. */
  parent(box: number): number {
    const bundle = this.bundle(box);
    return bundle ? bundle.parent : (this.bundleOf.get(box) ?? at(this.hierarchy.parent, box));
  }

  /** The unit whose inside a box is in. */
  scope(box: number): number {
    let around = this.parent(box);
    while (this.isBundle(around)) around = this.parent(around);
    return around;
  }

  /** All boxes around one, the root first; plans them. */
  around(box: number): number[] {
    const boxes: number[] = [];
    for (let one = this.settle(box); one >= 0; one = this.settle(one)) boxes.push(one);
    return boxes.reverse();
  }

  /** The box around one. Planning may put a bundle between, and a bundle of bundles again. */
  private settle(box: number): number {
    let around = this.parent(box);
    while (around >= 0) {
      this.plan(around);
      const now = this.parent(box);
      if (now === around) break;
      around = now;
    }
    return around;
  }

  plan(box: number): Plan {
    const known = this.plans.get(box);
    if (known) return known;
    const made = this.make(box);
    this.plans.set(box, made);
    return made;
  }

  private make(box: number): Plan {
    const { hierarchy } = this;
    const bundle = this.bundle(box);
    const units = bundle ? bundle.members : childrenOf(hierarchy, box);
    if (bundle?.blocks) return this.lift(this.addBlocks(box, bundle.blocks));
    if (bundle) return units.length > MOST_BOXES ? this.split(box, units) : this.lift(units);
    const plain = this.lift(units);
    if (!this.bundling) return units.length > MOST_BOXES ? this.split(box, units) : plain;
    const kinds = units.map((unit) => at(hierarchy.kind, unit));
    const label = (place: number) => labelOf(hierarchy, at(units, place));
    const groups = findGroups(kinds, plain.edges, label);
    if (!groups.length) return units.length > MOST_BOXES ? this.split(box, units) : plain;
    return this.lift(this.join(box, units, groups));
  }

  private lift(boxes: number[]): Plan {
    const groups = boxes.map((box) => this.units(box));
    return { boxes, edges: liftEdges(this.hierarchy, groups) };
  }

  /** Boxes with each group as one, where its first member stands. */
  private join(box: number, units: readonly number[], groups: readonly Group[]): number[] {
    const first = new Map(groups.map((group) => [group.members[0], group]));
    const inside = new Set(groups.flatMap((group) => group.members));
    const boxes: number[] = [];
    for (const [place, unit] of units.entries()) {
      const group = first.get(place);
      if (group) {
        boxes.push(this.addGroup(box, units, group));
      } else if (!inside.has(place)) boxes.push(unit);
    }
    return boxes.length > MOST_BOXES ? this.split(box, boxes).boxes : boxes;
  }

  private addGroup(box: number, units: readonly number[], group: Group): number {
    const unitsAt = (places: readonly number[]) => places.map((place) => at(units, place));
    const members = unitsAt(group.members);
    const isLong = (group.blocks?.length ?? 0) > MOST_BOXES;
    const blocks = isLong ? undefined : group.blocks?.map(unitsAt);
    const label = describeGroup(
      blocks ? blocks.map((block) => this.labelOfBlock(block)) : this.labels(members),
    );
    const { isSeries } = group;
    return this.addBundle({ members, parent: box, label, isSeries, ...(blocks && { blocks }) });
  }

  private addBlocks(box: number, blocks: readonly number[][]): number[] {
    return blocks.map((members) => {
      const label = this.labelOfBlock(members);
      return this.addBundle({ members, parent: box, label, isSeries: false, isBlock: true });
    });
  }

  private labels(units: readonly number[]): string[] {
    return units.map((unit) => labelOf(this.hierarchy, unit));
  }

  private labelOfBlock(units: readonly number[]): string {
    return describeBlock(this.labels(units));
  }

  /** Too many boxes, as pieces of them in their order. */
  private split(box: number, units: readonly number[]): Plan {
    const size = Math.max(1000, Math.ceil(units.length / 1000));
    const boxes: number[] = [];
    for (let start = 0; start < units.length; start += size) {
      const members = units.slice(start, start + size).flatMap((one) => this.units(one));
      const label = `${start + 1} to ${Math.min(start + size, units.length)}`;
      boxes.push(this.addBundle({ members, parent: box, label, isSeries: false }));
    }
    return this.lift(boxes);
  }

  private addBundle(bundle: Bundle): number {
    const box = this.hierarchy.count + this.bundles.length;
    this.bundles.push(bundle);
    for (const member of bundle.members) this.bundleOf.set(member, box);
    return box;
  }

  private bundle(box: number): Bundle | undefined {
    return this.bundles[box - this.hierarchy.count];
  }
}
