import { CopyButton } from './CopyButton';
import { Icon } from './Icon';
import css from './panel.css?inline';
import { adoptStyles } from './styles';

adoptStyles(css);

/** Head of a panel beside a list: a name that may be long, a way to copy it, and to close. */
export function PanelHead(props: {
  title: string;
  /** In full where the title is less. */
  hint?: string;
  copy: string;
  onClose: () => void;
}) {
  return (
    <div class="panel-head">
      <h2 title={props.hint ?? props.title}>{props.title}</h2>
      <CopyButton text={props.copy} label="Copy the name" class="small" />
      <button
        type="button"
        class="plain small square"
        title="Close (Esc)"
        aria-label="Close"
        onClick={props.onClose}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
