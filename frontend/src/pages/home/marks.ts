import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ScanInfo } from '../../api/types';
import { isUnderWay, type LineageMark, marksById } from '../../model/marks';
import { usePolled } from '../polling';

/** What artifacts have in common with others, by id: kept while away, and filled in late. */
export const marks = signal<ReadonlyMap<string, LineageMark>>(new Map());

/** Asks for the marks once the list is whole; they never hold it up. */
export function useMarks({ running, counting, generation }: ScanInfo) {
  const { value } = usePolled(
    running || counting ? null : String(generation),
    (client, abort) => client.lineageMarks(abort),
    ({ job }) => isUnderWay(job),
  );
  useEffect(() => {
    if (value) marks.value = marksById(value);
  }, [value]);
}
