/** Saves a picture as it looks now, with the colours that the page's styles give it. */
export function downloadSvg(picture: SVGSVGElement, name: string) {
  const copy = picture.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const shapes = picture.querySelectorAll('path, text');
  for (const [place, shape] of copy.querySelectorAll('path, text').entries()) {
    const own = getComputedStyle(shapes[place] as Element);
    for (const property of ['fill', 'stroke', 'font-family', 'font-size', 'opacity']) {
      shape.setAttribute(property, own.getPropertyValue(property));
    }
    shape.removeAttribute('class');
  }
  downloadText(name, new XMLSerializer().serializeToString(copy), 'image/svg+xml');
}

/** Saves a text as a file. */
export function downloadText(name: string, text: string, type: string) {
  downloadAddress(name, `data:${type};charset=utf-8,${encodeURIComponent(text)}`);
}

/** Saves what an address holds. */
export function downloadAddress(name: string, address: string) {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}

/** An address that holds the picture itself. */
export function svgAddress(svg: string): string {
  const bytes = new TextEncoder().encode(svg);
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return `data:image/svg+xml;base64,${btoa(text)}`;
}

/** The same picture in pixels, twice as many as it has on the screen. */
export async function pngAddress(svg: string): Promise<string> {
  const image = new Image();
  image.src = svgAddress(svg);
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = 2 * image.naturalWidth;
  canvas.height = 2 * image.naturalHeight;
  const context = canvas.getContext('2d');
  context?.scale(2, 2);
  context?.drawImage(image, 0, 0);
  return canvas.toDataURL('image/png');
}

/** A text without what file systems do not take, or `otherwise` if nothing is left of it. */
export function plainName(text: string, otherwise: string): string {
  return (
    text
      .replaceAll('/', '.')
      .replace(/[^\p{L}\p{N}._-]/gu, '_')
      .replace(/^\.+/, '')
      .slice(0, 120) || otherwise
  );
}
