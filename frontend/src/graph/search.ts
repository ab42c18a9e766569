import type { GraphAttributesPayload } from '../api/types';
import { compileSearch, type Match } from '../model/search';
import { at, opOf, type Wire } from './wire';

/** Nodes that were found, in file order, or a sentence on what is wrong with the question. */
export type Found = Int32Array | string;

type Words = (node: number) => readonly string[];

/**
 * Finds nodes by a part of their name, op, device, or the functions they call, or by a regular
 * expression between slashes. `op:`, `name:`, `device:`, `calls:` and `dtype:` look at one of these;
 * `attr:` at attributes, each as `name=value`, once these are known.
 */
export class GraphSearch {
  private attributes: GraphAttributesPayload | undefined;
  private readonly names: string[];
  private readonly fields: Record<string, Words>;

  constructor(private readonly wire: Wire) {
    this.names = namesOf(wire);
    const calls = callsOf(wire);
    const name: Words = (node) => [this.names[at(wire.name, node)] ?? ''];
    const op: Words = (node) => [opOf(wire, node)];
    this.fields = {
      name,
      op,
      device: (node) => [wire.payload.devices[at(wire.device, node)] ?? ''],
      calls: (node) => calls.get(node) ?? [],
      dtype: (node) => dtypesOf(wire, node),
    };
  }

  find(query: string): Found {
    const [, field = '', text = query] =
      /^(name|op|device|calls|dtype|attr):(.*)$/s.exec(query.trim()) ?? [];
    if (!text.trim()) return new Int32Array(0);
    const match = compileSearch(text);
    if (typeof match === 'string') return match;
    if (field === 'attr') return this.findByAttribute(match);
    const { name, op, calls } = this.fields;
    const looked = field ? [this.fields[field]] : [name, op, calls];
    const found: number[] = [];
    for (let node = 0; node < this.wire.count; node++) {
      if (looked.some((words) => words?.(node).some(match))) found.push(node);
    }
    return Int32Array.from(found);
  }

  learn(attributes: GraphAttributesPayload) {
    this.attributes = attributes;
  }

  /** Looks at each text once: nodes share them. */
  private findByAttribute(match: Match): Found {
    if (!this.attributes) return 'The attributes are not loaded.';
    const { kind, start, attribute, text } = this.attributes;
    const matches = text.map(match);
    const isFound = start.map((first, one) =>
      attribute.slice(first, start[one + 1]).some((place) => matches[place]),
    );
    const { number } = this.wire.payload.nodes;
    const found: number[] = [];
    for (let node = 0; node < this.wire.count; node++) {
      if (isFound[kind[number[node] ?? node] ?? -1]) found.push(node);
    }
    return Int32Array.from(found);
  }
}

function namesOf(wire: Wire): string[] {
  const names = [''];
  for (let entry = 1; entry < wire.leaf.length; entry++) {
    const above = names[at(wire.parent, entry)];
    names.push(above ? `${above}/${wire.leaf[entry]}` : (wire.leaf[entry] ?? ''));
  }
  return names;
}

function callsOf(wire: Wire): Map<number, string[]> {
  const { calls, functions } = wire.payload;
  const byNode = new Map<number, string[]>();
  for (const [i, node] of calls.node.entries()) {
    const name = functions[calls.function[i] ?? -1] ?? '';
    byNode.set(node, [...(byNode.get(node) ?? []), name]);
  }
  return byNode;
}

/** What a node gives to others. */
function dtypesOf(wire: Wire, node: number): string[] {
  const found = new Set<string>();
  for (let i = at(wire.outOf.start, node); i < at(wire.outOf.start, node + 1); i++) {
    const type = wire.payload.types[at(wire.type, at(wire.outOf.edge, i))];
    if (type) found.add(type.dtype);
  }
  return [...found];
}
