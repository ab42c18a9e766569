import { useEffect } from 'preact/hooks';
import { splitList } from '../../model/lists';
import {
  chooseScalar,
  findScalar,
  isHigherBetter,
  nameScalar,
  type ScalarChoice,
} from '../../model/scalars';
import { route } from '../../state';
import type { SeriesSource } from './source';
import { NONE } from './view';

/** The scalar that is shown, and whether more of it is better. */
export interface ShownScalar extends ScalarChoice {
  name: string;
  isHigherBetter: boolean;
}

/** The scalar that the address names, or the one that tells most; all series show the same. */
export function useScalars(sources: readonly SeriesSource[]): ShownScalar | null {
  const { scalar } = route.value;
  const first = sources[0];
  const runs = first?.scalars.state.value.runs ?? [];
  const [run, tag] = splitList(scalar);
  const wanted: ScalarChoice | null =
    scalar === NONE
      ? null
      : run !== undefined && tag !== undefined
        ? { run, tag }
        : chooseScalar(runs, first?.state.value.timeline?.series.folder ?? '.');
  const known = sources.map((source) => source.scalars.state.value.runs);
  const names = sources.map((source) => source.state.value.timeline?.series.run ?? null);
  useEffect(() => {
    for (const [index, source] of sources.entries()) {
      const seen = { from: names[0] ?? null, to: names[index] ?? null };
      const choice = wanted && index ? findScalar(known[index] ?? [], wanted, seen) : wanted;
      source.scalars.choose(choice);
    }
  }, [wanted?.run, wanted?.tag, ...known, ...names]);
  if (!wanted) return null;
  const name = nameScalar(wanted, names[0] ?? null);
  return { ...wanted, name, isHigherBetter: isHigherBetter(wanted.tag) };
}
