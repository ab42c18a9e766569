import { computed, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ScanInfo, ScanMarkPayload } from '../../api/types';
import { isGrave, isUnderWay, type LineageMark, marksById } from '../../model/marks';
import { usePolled } from '../polling';

/** What artifacts have in common with others, by id: kept while away, and filled in late. */
export const marks = signal<ReadonlyMap<string, LineageMark>>(new Map());

/** The worst finding of the scan, by id; kept and filled in the same way. */
export const scanMarks = signal<ReadonlyMap<string, ScanMarkPayload>>(new Map());

/** Whether all are scanned. */
export const isScanned = signal(false);

/** Its severity, by id, where Home tells it. */
export const worst = computed(
  () =>
    new Map(
      [...scanMarks.value.values()].filter(isGrave).map((mark) => [mark.id, mark.worst ?? '']),
    ),
);

/** Asks for the marks once the list is whole; they never hold it up. */
export function useMarks({ running, counting, generation }: ScanInfo) {
  const key = running || counting ? null : String(generation);
  const { value } = usePolled(
    key,
    (client, abort) => client.lineageMarks(abort),
    ({ job }) => isUnderWay(job),
  );
  const { value: scanned } = usePolled(
    key,
    (client, abort) => client.scanMarks(abort),
    (answer) => answer.running,
  );
  useEffect(() => {
    if (value) marks.value = marksById(value);
  }, [value]);
  useEffect(() => {
    if (!scanned) return;
    scanMarks.value = new Map(scanned.marks.map((mark) => [mark.id, mark]));
    isScanned.value = !scanned.running;
  }, [scanned]);
}
