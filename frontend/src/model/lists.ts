/** Texts joined into one by commas, as an address carries them; any text comes back whole. */

export function joinList(texts: readonly string[]): string {
  return texts.map((text) => text.replace(/[%,]/g, encodeURIComponent)).join(',');
}

export function splitList(joined: string): string[] {
  return joined ? joined.split(',').map((text) => text.replace(/%2C|%25/g, readEscape)) : [];
}

function readEscape(code: string): string {
  return code === '%2C' ? ',' : '%';
}
