let region: HTMLElement | undefined;

/** Says a short text to a screen reader when it gets round to it. */
export function announce(text: string) {
  if (!region) {
    region = document.createElement('div');
    region.className = 'hidden';
    region.setAttribute('role', 'status');
    document.body.append(region);
  }
  if (region.textContent !== text) region.textContent = text;
}
