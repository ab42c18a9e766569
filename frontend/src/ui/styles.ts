import base from './base.css?inline';

const adopted = new Set<string>();

/** Adds a style sheet to the page, once; the text comes from a `?inline` import. */
export function adoptStyles(css: string) {
  if (adopted.has(css)) return;
  adopted.add(css);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}

// Before all others, which refine it.
adoptStyles(base);
