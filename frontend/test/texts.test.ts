import { expect, test } from 'vitest';
import { writeCsv } from '../src/model/csv';
import { joinList, splitList } from '../src/model/lists';
import { commonFolder } from '../src/model/prefix';

test.each([[[]], [['a']], [['a,b', '50%', '%2C', 'c']], [['</script>', 'x y']]])(
  'a list comes back from an address as it was: %j',
  (texts) => {
    expect(splitList(joinList(texts))).toEqual(texts);
  },
);

test.each([
  [[], ''],
  [['net/a'], ''],
  [['net/a/b', 'net/a/c'], 'net/a/'],
  [['net/a', 'net/a/c'], 'net/'],
  [['net', 'net'], ''],
  [['ab/c', 'abd/c'], ''],
])('names %j share the folder %j', (names, folder) => {
  expect(commonFolder(names)).toBe(folder);
});

test('CSV quotes what it must, and no text is taken for a formula', () => {
  const rows = [
    ['a', 'b,c', 'say "x"', null, undefined],
    [1, -0.5, '=1+1', '-x', '@y'],
  ];
  expect(writeCsv(rows)).toBe(`a,"b,c","say ""x""",,\r\n1,-0.5,'=1+1,'-x,'@y\r\n`);
});
