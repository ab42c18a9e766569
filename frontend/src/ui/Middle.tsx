/**
 * A long name with its ellipsis in the middle; the whole of it is in the title and in what is
 * copied.
 *
 * @param parts Head, which may be cut, and tail, which stays.
 */
export function Middle(props: {
  parts: [head: string, tail: string];
  title?: string;
  class?: string;
  dimHead?: boolean;
}) {
  const [head, tail] = props.parts;
  return (
    <span
      class={`middle ${props.class ?? ''}`}
      title={props.title ?? head + tail}
      onCopy={copyInOneLine}
    >
      <span class={props.dimHead ? 'muted' : ''}>{head}</span>
      <span>{tail}</span>
    </span>
  );
}

/** Head and tail are boxes of their own, between which the browser would put a line break. */
function copyInOneLine(event: ClipboardEvent) {
  event.clipboardData?.setData('text/plain', String(getSelection()).replaceAll('\n', ''));
  event.preventDefault();
}
