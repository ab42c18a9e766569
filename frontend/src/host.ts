import { connectGuest } from './guest';
import { PLUGIN, parseHash } from './routes';

/**
 * The frame around us: TensorBoard's page, of which we are an iframe.
 *
 * Where its window may not be touched (another origin), or where there is none, our own stands in.
 */
const frame: Window = reachableParent() ?? window;

function reachableParent(): Window | null {
  try {
    return parent.location.hash === undefined ? null : parent;
  } catch {
    return null;
  }
}

/** The hash of the address a person sees. */
export function readFrameHash(): string {
  return frame.location.hash;
}

/** The address that shows `hash`, for links and for copying. */
export function addressOf(hash: string): string {
  const url = new URL(frame.location.href);
  url.hash = hash;
  return url.href;
}

/** Where a link that is opened in a new tab must go to. */
export const linkTarget = frame === window ? '_self' : '_parent';

/** Puts `hash` into the address bar; the host's own history state stays. */
export function writeFrameHash(hash: string, options: { push: boolean }) {
  try {
    const change = options.push ? 'pushState' : 'replaceState';
    frame.history[change](frame.history.state, '', addressOf(hash));
  } catch {
    // Safari allows 100 changes in 30 s; a link that lags behind is the smaller harm.
  }
}

/** Calls back when a link, or back and forward, changed the address while it names our tab. */
export function watchFrameHash(changed: (hash: string) => void) {
  const check = () => {
    const { tab } = parseHash(readFrameHash());
    if (tab === PLUGIN || tab === '') changed(readFrameHash());
  };
  frame.addEventListener('hashchange', check);
  frame.addEventListener('popstate', check);
  addEventListener('pagehide', () => {
    frame.removeEventListener('hashchange', check);
    frame.removeEventListener('popstate', check);
  });
}

/** Whether our tab is in front: TensorBoard keeps the others alive with a height of 0. */
export function isShown(): boolean {
  return innerHeight > 0 && !document.hidden;
}

export function watchShown(changed: (shown: boolean) => void) {
  const check = () => changed(isShown());
  addEventListener('resize', check);
  document.addEventListener('visibilitychange', check);
}

/** Calls back with keys pressed here, and in TensorBoard's page while our tab is in front. */
export function watchKeys(pressed: (event: KeyboardEvent) => void) {
  const check = (event: KeyboardEvent) => {
    if (isShown()) pressed(event);
  };
  addEventListener('keydown', check);
  if (frame === window) return;
  frame.addEventListener('keydown', check);
  addEventListener('pagehide', () => frame.removeEventListener('keydown', check));
}

/** Calls back with the theme now and whenever TensorBoard's changes. */
export function watchTheme(changed: (dark: boolean) => void) {
  const body = frame.document.body;
  const check = () => changed(body.classList.contains('dark-mode'));
  check();
  const observer = new MutationObserver(check);
  observer.observe(body, { attributes: true, attributeFilter: ['class'] });
  addEventListener('pagehide', () => observer.disconnect());
}

/** Takes over the faces of TensorBoard's type that its page has loaded; they are in the cache. */
export async function adoptHostFonts(family: string) {
  if (frame === window) return;
  await frame.document.fonts.ready;
  const loaded = [...frame.document.fonts].filter((face) => face.status === 'loaded');
  const names = new Set(loaded.map((face) => describeFace(face.weight, face.unicodeRange)));
  const rules = [...frame.document.styleSheets]
    .flatMap((sheet) => readRules(sheet))
    .filter((rule) => rule.cssText.startsWith('@font-face'))
    .filter((rule) => {
      const { style } = rule as CSSFontFaceRule;
      const of = (property: string) => style.getPropertyValue(property);
      return (
        unquote(of('font-family')) === family &&
        names.has(describeFace(of('font-weight'), of('unicode-range')))
      );
    });
  const sheet = new CSSStyleSheet({ baseURL: frame.document.baseURI });
  sheet.replaceSync(rules.map((rule) => rule.cssText).join('\n'));
  document.adoptedStyleSheets.push(sheet);
}

function readRules(sheet: CSSStyleSheet): CSSRule[] {
  try {
    return [...sheet.cssRules];
  } catch {
    return [];
  }
}

function describeFace(weight: string, range: string): string {
  return `${weight.replace('normal', '400')} ${range.replaceAll(' ', '').toUpperCase()}`;
}

function unquote(text: string): string {
  return text.replace(/^['"]|['"]$/g, '');
}

/**
 * Listens to the host: `reloaded` when a person (or the timer) asked TensorBoard for new data.
 *
 * `located` gets our keys of the address where the frame's window may not be touched.
 */
export function connectHost(reloaded: () => void, located: (keys: Map<string, string>) => void) {
  if (parent === window) return;
  const guest = connectGuest(parent);
  guest.listen('experimental.DataReloaded', reloaded);
  if (frame !== window) return;
  guest.ask('experimental.GetURLPluginData').then((data) => {
    const entries = Object.entries((data ?? {}) as Record<string, string>);
    located(new Map(entries.map(([name, value]) => [`p.${PLUGIN}.${name}`, value])));
  });
}
