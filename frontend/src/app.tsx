import { render } from 'preact';
import { adoptHostFonts, connectHost, watchFrameHash, watchTheme } from './host';
import { Shell, startPages } from './pages/Shell';
import { follow, followKeys, reload, startState } from './state';

/**
 * Starts the application in `body`.
 *
 * @param root The plugin's root, with a slash at its end.
 * @param early Requests already under way, by path below the root.
 */
export function start(body: HTMLElement, root: string, early: Map<string, Promise<Response>>) {
  document.title = 'Model Inspect';
  document.documentElement.lang = 'en';
  watchTheme((dark) => document.documentElement.classList.toggle('dark', dark));
  adoptHostFonts('Roboto').catch(() => {}); // The system's type will do.
  startState(root, early);
  startPages();
  watchFrameHash(follow);
  connectHost(reload, followKeys);
  render(<Shell />, body);
}
