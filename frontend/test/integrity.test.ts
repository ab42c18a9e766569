import { expect, test } from 'vitest';
import type { FindingPayload, VerifyPayload } from '../src/api/types';
import {
  countProblems,
  describeEffort,
  describeProgress,
  factsOf,
  formatDuration,
  formatRange,
  problemsOf,
  shortenKey,
  shortenPath,
  writeFinding,
} from '../src/model/integrity';

const BAD: FindingPayload = {
  problem: true,
  path: 'run1/ckpt-1.data-00000-of-00001',
  start: 128,
  stop: 4224,
  thing: 'tensor "w"',
  tensor: 'w',
  fact: 'expected checksum 1, found 2',
  next_step: 'Copy it again.',
};
const FACT: FindingPayload = { ...BAD, problem: false, fact: '4 bytes belong to no tensor' };

function payload(more: Partial<VerifyPayload> = {}): VerifyPayload {
  const step = { title: '', outcome: 'failed', nbytes: 8, fact_count: 1 };
  return {
    state: 'done',
    verdict: 'failed',
    nbytes: 4_000_000_000,
    done_nbytes: 1_000_000_000,
    elapsed_s: 2,
    steps: [
      { ...step, name: 'index', count: 3, noun: 'block', problem_count: 0, findings: [FACT] },
      { ...step, name: 'tensors', count: 38, noun: 'checksum', problem_count: 9, findings: [BAD] },
    ],
    error: null,
    ...more,
  };
}

test.each([
  [0, 'under 0.01 s'],
  [0.414, '0.41 s'],
  [7.25, '7.3 s'],
  [59.6, '60 s'],
  [100, '2 min'],
  [5400, '2 h'],
])('%d seconds are said as %s', (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

test('progress tells the amount at once, speed and time left when they are steady', () => {
  expect(describeProgress(payload())).toEqual(['1.0 GB of 4.0 GB', '500 MB/s', '6.0 s left']);
  expect(describeProgress(payload({ elapsed_s: 0.1 }))).toEqual(['1.0 GB of 4.0 GB']);
  expect(describeProgress(payload({ done_nbytes: 0 }))).toEqual(['0 bytes of 4.0 GB']);
});

test('problems that did not come are counted, facts are none', () => {
  expect(countProblems(payload())).toBe(9);
  expect(problemsOf(payload())).toEqual([BAD]);
  expect(factsOf(payload())).toEqual([FACT]);
});

test('a verdict says what it rests on', () => {
  expect(describeEffort(payload())).toBe('38 checksums, 1.0 GB in 2.0 s');
  expect(describeEffort(payload({ steps: [] }))).toBe('1.0 GB in 2.0 s');
  expect(describeEffort(payload({ done_nbytes: 0 }))).toBe('');
});

test('bytes are half open, and may have no end or no place', () => {
  expect(formatRange(BAD)).toBe('128 to 4,224');
  expect(formatRange({ start: 128, stop: null })).toBe('from 128');
  expect(formatRange({ start: null, stop: null })).toBe('');
});

test('a line for a report has place, fact and what to do', () => {
  expect(writeFinding(BAD)).toBe(
    'run1/ckpt-1.data-00000-of-00001, bytes 128 to 4,224, tensor "w": expected checksum 1, found 2. Copy it again.',
  );
  const bare = { ...BAD, path: '', start: null, thing: '', fact: 'It is gone.', next_step: '' };
  expect(writeFinding(bare)).toBe('It is gone.');
});

test('keys lose the end that tells nothing apart', () => {
  expect(shortenKey('optimizer/w/.ATTRIBUTES/VARIABLE_VALUE')).toBe('optimizer/w');
  expect(shortenKey('table/.ATTRIBUTES/table-keys')).toBe('table/.ATTRIBUTES/table-keys');
});

test.each([
  ['run/export/variables/v.index', 'run/export', 'variables/v.index'],
  ['run/ckpt-1.index', 'run/ckpt-1', 'ckpt-1.index'],
  ['ckpt-1.index', 'ckpt-1', 'ckpt-1.index'],
  ['other/ckpt-1.index', 'run/ckpt-1', 'other/ckpt-1.index'],
])('%s of %s is shown as %s', (file, path, shown) => {
  expect(shortenPath(file, path)).toBe(shown);
});
