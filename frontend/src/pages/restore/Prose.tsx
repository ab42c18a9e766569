import { visibleName } from '../../model/format';

/** A sentence; what stands between backticks is code. */
export function Prose({ text }: { text: string }) {
  const parts = visibleName(text).split('`');
  return (
    <span>{parts.map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))}</span>
  );
}
