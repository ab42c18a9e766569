/** What a person chose, kept by the browser. Storage may be closed to a frame: then nothing is. */

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`modelinspect.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string) {
  try {
    localStorage.setItem(`modelinspect.${name}`, value);
  } catch {
    // As above.
  }
}
