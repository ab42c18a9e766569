import { describeEffort, describeScan, judge } from '../../model/trust';
import { Icon } from '../../ui/Icon';
import { ViewLink } from '../parts';
import { useScan } from '../scanning';

const ICONS = { good: 'check', warn: 'warning', bad: 'error', muted: 'info' } as const;

/** What the scan says, in a line; the Trust page says the rest. */
export function Trust({ id, verified }: { id: string; verified: string | null | undefined }) {
  const { value, error } = useScan(id, verified);
  if (error) return null;
  const { tone, word } = value ? judge(value) : ({ tone: 'muted', word: '' } as const);
  return (
    <section class="card trust-card" aria-label="Trust">
      <div class="card-head">
        <h3>Trust</h3>
        {value ? (
          <>
            <span class={`state ${tone}`}>
              <Icon name={ICONS[tone]} />
              {word.toLowerCase()}
            </span>
            <span class="muted trust-line" title={describeEffort(value)}>
              {describeScan(value)}
            </span>
          </>
        ) : (
          <span class="muted">looking at its graphs and files…</span>
        )}
        <span class="spring" />
        <ViewLink to={{ page: 'trust', id }} class="plain small">
          Findings, and where it runs
          <Icon name="right" />
        </ViewLink>
      </div>
    </section>
  );
}
