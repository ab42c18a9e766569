import { useEffect } from 'preact/hooks';
import { formatAgo, formatTime, visibleName } from '../../model/format';
import { now_s, useAnswer } from '../../state';
import { Icon, type IconName } from '../../ui/Icon';
import { formatSeconds } from './Answer';
import { type Call, changes } from './session';

const ICONS: Record<string, { icon: IconName; tone: string }> = {
  done: { icon: 'check', tone: 'good' },
  failed: { icon: 'error', tone: 'bad' },
  cancelled: { icon: 'gone', tone: 'muted' },
};

/** The calls that the server keeps of this model, the last first. */
export function History({ id, call }: { id: string; call: Call }) {
  const { value } = useAnswer(`${id} ${changes.value}`, (client, signal) =>
    client.calls(id, signal),
  );
  const calls = value?.calls ?? [];
  const last = calls[0]?.call;
  useEffect(() => {
    // After a reload of the page the last call is where one left it.
    if (last && !call.now) call.show(last);
  }, [last]);
  if (!calls.length) return null;
  return (
    <section class="run-history" aria-label="Calls of this session">
      <h3>
        Calls of this session <span class="muted">{calls.length}</span>
      </h3>
      <ul>
        {calls.map((one) => {
          const { icon, tone } = ICONS[one.state] ?? { icon: 'clock', tone: 'cool' };
          return (
            <li key={one.call}>
              <button
                type="button"
                class="run-past"
                aria-pressed={one.call === call.now?.call.call}
                onClick={() => call.show(one.call)}
              >
                <span class={`state ${tone}`} title={one.state}>
                  <Icon name={icon} />
                  <span class="hidden">{one.state}</span>
                </span>
                <span class="run-past-name">{visibleName(one.signature)}</span>
                <span class="run-past-words muted" title={visibleName(one.words)}>
                  {visibleName(one.words)}
                </span>
                <span class="number muted">{formatSeconds(one.elapsed_s)}</span>
                <span class="number muted" title={formatTime(one.asked_s)}>
                  {formatAgo(one.asked_s, Math.max(now_s.value, one.asked_s))}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
