import { expect, test } from 'vitest';
import {
  formatDuration,
  formatElapsed,
  formatNumber,
  formatShare,
  formatTick,
} from '../src/model/numbers';

test.each([
  [0, '0'],
  [-0, '0'],
  [1, '1'],
  [0.12345, '0.1235'],
  [-0.012345, '−0.0123'],
  [0.00099999, '1.00e−3'],
  [1.2345e-7, '1.23e−7'],
  [-12.3456, '−12.35'],
  [1234.5, '1,235'],
  [999.4, '999.4'],
  [12345.6, '12,346'],
  [99999.4, '99,999'],
  [99999.6, '1.00e5'],
  [42, '42'],
  [2 ** 53, '9.01e15'],
  [1e300, '1.00e300'],
  [Number.NaN, '–'],
  [Number.NEGATIVE_INFINITY, '−inf'],
])('%f is %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('more digits where there is room', () => {
  expect(formatNumber(0.123456789, 6)).toBe('0.123457');
  expect(formatNumber(-1234567.8, 6)).toBe('−1,234,568');
});

test.each([
  [0, '0 %'],
  [1, '100 %'],
  [0.99999, '> 99.9 %'],
  [0.00001, '< 0.01 %'],
  [0.0012, '0.12 %'],
  [0.0996, '10.0 %'],
  [0.5, '50.0 %'],
  [Number.NaN, '–'],
])('a share of %f is %s', (share, text) => {
  expect(formatShare(share)).toBe(text);
});

test('what is left is told in one unit', () => {
  expect([0.2, 45, 200, 8000].map(formatDuration)).toEqual(['1 s', '45 s', '3 min', '2.2 h']);
});

test.each([
  [0, 0.05, '0.00'],
  [7.5, 2.5, '7.5'],
  [2000, 1000, '2,000'],
  [0.999998, 0.000001, '0.999998'],
  [-0.2, 0.1, '−0.2'],
  [0.0002, 0.0001, '0.0002'],
  [2.5e-7, 1e-7, '2.50e−7'],
  [0, 1e-7, '0'],
])('a tick at %d, %d apart, is %s', (value, step, words) => {
  expect(formatTick(value, step)).toBe(words);
});

test.each([
  [0, '0 s'],
  [90, '90 s'],
  [5400, '90 min'],
  [9000, '2.5 h'],
  [259_200, '3 days'],
])('%d seconds on an axis are %s', (seconds, words) => {
  expect(formatElapsed(seconds)).toBe(words);
});
