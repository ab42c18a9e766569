import { rootOf } from './root';

/** The build puts the application's file name here. */
const APPLICATION = '%APPLICATION%';

/** The build makes this `import()`; written as such, Vite would put its own helper around it. */
declare function importModule(address: string): Promise<typeof import('./app')>;

const FIRST = 'api/artifacts?rescan=0';

/**
 * What TensorBoard calls. Asks for the list of artifacts at once, and loads the application beside
 * it. Chunks have one address whichever of its two this file was loaded from.
 */
export async function render() {
  const root = rootOf(import.meta.url);
  const first = fetch(root + FIRST);
  first.catch(() => {}); // Told by whoever awaits it.
  try {
    const application = await importModule(`${root}static/${APPLICATION}`);
    application.start(document.body, root, new Map([[FIRST, first]]));
  } catch (error) {
    document.body.textContent =
      `Model Inspect cannot start: ${error}. Reload the page; if that does not help, install the ` +
      'plugin again and restart TensorBoard.';
  }
}
