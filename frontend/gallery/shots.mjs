/**
 * Takes pictures of every case: `node gallery/shots.mjs [--all] [part of a name …]`, into `shots/`.
 *
 * A wide light one and a narrow dark one, which show what can go wrong; `--all` takes the other two.
 * Fails where a page logs an error, asks for something outside, or axe-core finds a problem.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const here = import.meta.dirname;
const out = `${here}/../shots`;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const all = process.argv.includes('--all');
const wanted = process.argv.slice(2).filter((word) => word !== '--all');
mkdirSync(out, { recursive: true });

const server = await createServer({ configFile: `${here}/vite.config.ts`, server: { port: 0 } });
await server.listen();
const home = server.resolvedUrls.local[0];
const { CASES } = await server.ssrLoadModule('./cases.ts');
const browser = await chromium.launch({
  executablePath: process.env.MODELINSPECT_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
let problems = 0;
for (const { name } of CASES) {
  if (wanted.length && !wanted.some((part) => name.includes(part))) continue;
  for (const [width, height] of [
    [1440, 900],
    [1024, 700],
  ]) {
    for (const theme of ['light', 'dark']) {
      if (all || (width === 1440) === (theme === 'light')) await take(name, width, height, theme);
    }
  }
}
await browser.close();
await server.close();
process.exit(problems ? 1 : 0);

async function take(name, width, height, theme) {
  const page = await browser.newPage({ viewport: { width, height } });
  const say = (what) => {
    problems += 1;
    console.error(`${name} ${width} ${theme}: ${what}`);
  };
  page.on('pageerror', (error) => say(error.stack));
  page.on('console', (message) => message.type() === 'error' && say(message.text()));
  page.on('request', (request) => request.url().startsWith(home) || say(request.url()));
  await page.goto(`${home}?case=${name}${theme === 'dark' ? '&dark' : ''}`);
  await page.waitForTimeout(1200);
  await page.screenshot({ path: `${out}/${name}-${width}-${theme}.png` });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const { id, nodes } of violations) {
    say(
      `axe ${id}: ${nodes[0].failureSummary.replace(/\s+/g, ' ')} ${nodes[0].html.slice(0, 200)}`,
    );
  }
  await page.close();
}
