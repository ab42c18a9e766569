/**
 * The plugin's root, with a slash at its end, from either address of the entry: `<root>index.js`
 * or `<root>plugin/modelinspect/index.js`.
 */
export function rootOf(entry: string): string {
  return entry.replace(/(?<=plugin\/modelinspect\/)(plugin\/modelinspect\/)?index\.js.*$/, '');
}
