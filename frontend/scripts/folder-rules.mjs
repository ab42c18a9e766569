/**
 * Who may import whom below `src/`, and words that no source may hold. Each rule prints its reason.
 *
 * `node scripts/folder-rules.mjs` checks `src/`; the exit code is 1 where a rule is broken.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Folder or file (without its ending), what it may import of ours, and why no more. */
export const RULES = [
  ['root', [], 'it runs before anything else is there'],
  ['index', ['root'], 'its chunks have another address than itself: it must stand alone'],
  ['guest', [], 'the messages of the host are a protocol of their own'],
  ['routes', [], 'an address is text: it can be read and tested without a browser'],
  ['host', ['guest', 'routes'], 'it is the only one that touches the frame around us'],
  ['api', [], 'it knows routes and payloads, not what is done with them'],
  ['model', ['api/types'], 'it is pure: what came in, what is shown out'],
  ['state', ['api', 'host', 'model', 'routes'], 'pages look at it, it does not look at pages'],
  ['ui', [], 'its parts know nothing of artifacts, so every page can use them'],
  ['graph', ['api/types', 'model'], 'it is pure, and runs in a worker: there is no page in it'],
  [
    'pages',
    ['api', 'graph', 'host', 'model', 'routes', 'state', 'ui'],
    'they stand at the top, beside app',
  ],
  ['app', ['host', 'pages', 'state', 'ui'], 'it only starts what there is'],
];

/** What no source may hold, and why. */
export const WORDS = [
  [
    /\b(inner|outer)HTML\b|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write\b/,
    'names come from files: they are text',
  ],
  [/\beval\(|new Function\(/, 'the host will forbid it'],
  [
    /createObjectURL|\?worker&inline|fetch\(['"`](data|blob):/,
    "the host's policy blocks blob and data addresses",
  ],
  [
    /\btop\.(location|document|history)/,
    'in a notebook TensorBoard itself is a frame: its window is `parent`',
  ],
];

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g;

/** The first rule that fits a path below `src/` without its ending. */
function ruleOf(name) {
  return RULES.find(([own]) => name === own || name.startsWith(`${own}/`));
}

/** What is wrong with one file: a sentence for each breach. `name` is its path below `src/`. */
export function checkFile(name, text) {
  const own = name.replace(/\.(tsx?|css)$/, '');
  const rule = ruleOf(own);
  if (!rule) return [`${name}: no rule for it. Put it into a folder, or add a rule that says why.`];
  const [folder, allowed, reason] = rule;
  const found = [];
  for (const [, target] of text.matchAll(IMPORT)) {
    const to = path.posix.normalize(path.posix.join(path.posix.dirname(name), target));
    const inside = folder !== own && (to === folder || to.startsWith(`${folder}/`));
    const fits = allowed.some((other) => to === other || to.startsWith(`${other}/`));
    const isType = folder === 'index' && to === 'app';
    if (!inside && !fits && !isType) {
      found.push(`${name} imports ${to}, but ${folder} may not: ${reason}.`);
    }
  }
  for (const [word, why] of WORDS) {
    const match = word.exec(text);
    if (match) found.push(`${name} holds "${match[0]}", which is not allowed: ${why}.`);
  }
  return found;
}

function checkAll(source) {
  return readdirSync(source, { recursive: true })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => checkFile(name, readFileSync(path.join(source, name), 'utf8')));
}

if (import.meta.filename === path.resolve(process.argv[1] ?? '')) {
  const problems = checkAll(path.join(import.meta.dirname, '..', 'src'));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length ? 1 : 0;
}
