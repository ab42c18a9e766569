import { start } from '../src/app';
import { CASES } from './cases';
import { answer } from './server';

/**
 * `?case=weights-table&dark` shows a case; without a case, the list of them. Requests are answered
 * from fixed data.
 */
const parameters = new URLSearchParams(location.search);
const wanted = CASES.find((candidate) => candidate.name === parameters.get('case'));

if (parameters.has('dark')) document.body.classList.add('dark-mode');
if (wanted) {
  window.fetch = async (input, init) => answer(wanted, new URL(String(input), location.href), init);
  if (!location.hash) history.replaceState(null, '', `#modelinspect${wanted.hash}`);
  start(document.body, '/', new Map());
  if (wanted.click) clickInTurn([wanted.click].flat());
} else {
  for (const { name } of CASES) {
    const line = document.createElement('p');
    const link = document.createElement('a');
    link.href = `?case=${name}`;
    link.textContent = name;
    const dark = document.createElement('a');
    dark.href = `?case=${name}&dark`;
    dark.textContent = 'dark';
    line.append(link, ' ', dark);
    document.body.append(line);
  }
}

/** Clicks the first element that matches, as soon as there is one; then that of the next selector. */
function clickInTurn(selectors: string[]) {
  const observer = new MutationObserver(() => {
    const found = document.querySelector<HTMLElement>(selectors[0] ?? '');
    if (!found) return;
    selectors.shift();
    if (!selectors.length) observer.disconnect();
    if (found.getBoundingClientRect().bottom > innerHeight) found.scrollIntoView();
    found.click();
  });
  observer.observe(document.body, { childList: true, subtree: true });
}
