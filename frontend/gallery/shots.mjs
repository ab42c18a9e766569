/**
 * Takes pictures of every case: `node gallery/shots.mjs [--turns | --all] [part of a name …]`, into
 * `shots/`.
 *
 * A wide light one and a narrow dark one, which show what can go wrong; `--all` takes the other two.
 * With `--turns` cases take turns: half of them wide and light, half narrow and dark.
 * Fails where a page logs an error, asks for something outside, or axe-core finds a problem.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { chromium } from 'playwright-core';
import { build, createServer, preview } from 'vite';

const here = import.meta.dirname;
const out = `${here}/../shots`;
const options = ['--all', '--turns'];
const [all, turns] = options.map((option) => process.argv.includes(option));
const wanted = process.argv.slice(2).filter((word) => !options.includes(word));
mkdirSync(out, { recursive: true });

const configFile = `${here}/vite.config.ts`;
const modules = await createServer({ configFile, server: { middlewareMode: true } });
const { CASES } = await modules.ssrLoadModule('./cases.ts');
await modules.close();
// Built: a page of hundreds of single modules takes seconds to load, and each case is a page.
const site = mkdtempSync(`${tmpdir()}/gallery-`);
const bundle = { outDir: site, emptyOutDir: true };
await build({ configFile, build: bundle, logLevel: 'warn' });
// A file of the site: the browser compiles it once, not for every page.
copyFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), `${site}/axe.js`);
// Kept without asking whether it has changed, which each page did of each of its files.
const headers = { 'Cache-Control': 'max-age=86400' };
const server = await preview({ configFile, build: bundle, preview: { port: 0, headers } });
const home = server.resolvedUrls.local[0];
const browser = await chromium.launch({
  executablePath: process.env.MODELINSPECT_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
let problems = 0;
const looks = [
  [1440, 900, 'light'],
  [1440, 900, 'dark'],
  [1024, 700, 'light'],
  [1024, 700, 'dark'],
].filter(([width, , theme]) => all || (width === 1440) === (theme === 'light'));
const names = CASES.map(({ name }) => name).filter(
  (name) => !wanted.length || wanted.some((part) => name.includes(part)),
);
// One size after the other: a window that changes lays out its old page once more.
const shots = looks.flatMap((look, at) =>
  names.filter((_, turn) => !turns || turn % 2 === at).map((name) => [name, ...look]),
);
// A page waits for most of its time, so several are open at once; each takes one case after the
// other: a new window costs Chromium two more processes.
const queue = shots.values();
await Promise.all([work(), work(), work()]);
await browser.close();
await server.close();
rmSync(site, { recursive: true });
process.exit(problems ? 1 : 0);

async function work() {
  const page = await browser.newPage();
  let taken = '';
  const say = (what) => {
    problems += 1;
    console.error(`${taken}: ${what}`);
  };
  page.on('pageerror', (error) => say(error.stack));
  page.on('console', (message) => message.type() === 'error' && say(message.text()));
  page.on('request', (request) => request.url().startsWith(home) || say(request.url()));
  await page.goto(home);
  const screen = await page.context().newCDPSession(page);
  for (const [name, width, height, theme] of queue) {
    // What the page before remembered, and where the pointer was, is not this one's.
    await page.evaluate(() => [localStorage, sessionStorage].map((kept) => kept.clear()));
    await page.setViewportSize({ width, height });
    taken = `${name} ${width} ${theme}`;
    await page.goto(`${home}?case=${name}${theme === 'dark' ? '&dark' : ''}`);
    await take(page, screen, `${out}/${name}-${width}-${theme}.png`, theme, say);
  }
}

async function take(page, screen, path, theme, say) {
  await page.evaluate(untilCalm);
  // Packing a picture small takes longer than drawing it.
  const { data } = await screen.send('Page.captureScreenshot', { optimizeForSpeed: true });
  writeFileSync(path, data, 'base64');
  await page.addScriptTag({ url: '/axe.js' });
  // Not what passed: that is megabytes to carry over. The dark one has other colours, no other text.
  const isSecond = theme === 'dark' && !turns;
  const only = isSecond ? { runOnly: ['color-contrast', 'scrollable-region-focusable'] } : {};
  const violations = await page.evaluate(
    (rules) => window.axe.run({ resultTypes: ['violations'], ...rules }).then((r) => r.violations),
    only,
  );
  for (const { id, nodes } of violations) {
    say(
      `axe ${id}: ${nodes[0].failureSummary.replace(/\s+/g, ' ')} ${nodes[0].html.slice(0, 200)}`,
    );
  }
}

/** Resolves when nothing has changed for a while, or never comes to rest, as a running job does. */
function untilCalm() {
  return new Promise((resolve) => {
    const end = () => {
      observer.disconnect();
      clearTimeout(quiet);
      clearTimeout(most);
      resolve();
    };
    // A worker or a slow machine changes nothing while it works, but the page says so.
    const isWaiting = () => document.querySelector('.waiting') && performance.now() < 8000;
    const calm = () => {
      if (!isWaiting()) return end();
      quiet = setTimeout(calm, 400);
    };
    const observer = new MutationObserver(() => {
      clearTimeout(quiet);
      quiet = setTimeout(calm, 400);
    });
    let quiet = setTimeout(calm, 400);
    const most = setTimeout(() => isWaiting() || end(), 2000);
    observer.observe(document, { subtree: true, childList: true, attributes: true });
  });
}
