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
  const link = document.createElement('a');
  const text = new XMLSerializer().serializeToString(copy);
  link.href = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  link.download = name;
  link.click();
}
