/** The folders that all names begin with, with the slash; empty for one name or none. */
export function commonFolder(names: readonly string[]): string {
  const [first = '', ...others] = names;
  if (!others.length) return '';
  let end = first.length;
  for (const name of others) {
    let at = 0;
    while (at < end && first[at] === name[at]) at += 1;
    end = at;
  }
  return first.slice(0, first.lastIndexOf('/', end - 1) + 1);
}
