import { Icon, type IconName } from '../ui/Icon';
import { adoptStyles } from '../ui/styles';
import css from './severity.css?inline';

adoptStyles(css);

const SIGNS: Record<string, IconName> = { critical: 'error', high: 'warning', medium: 'warning' };

/** How bad a finding of the scan is: a sign and a word, so that colour is never all. */
export function Severity({ severity, title }: { severity: string; title?: string | undefined }) {
  return (
    <span class={`severity ${severity}`} title={title}>
      <Icon name={SIGNS[severity] ?? 'info'} />
      {severity}
    </span>
  );
}
