import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../api/client';
import type { StatsJobPayload } from '../../api/types';
import { formatBytes, formatCount, formatQuantity } from '../../model/format';
import { formatDuration } from '../../model/numbers';
import { Problem } from '../parts';
import type { StatsFeed } from './feed';
import { isActive } from './follow';

/** What is done in less time than this needs no progress. */
const PATIENCE_MS = 400;
/** From here on the speed so far says something of the rest. */
const STEADY_S = 1.5;

/** How far the statistics are, and the ways to begin and end them; nothing when all is known. */
export function StatsLine({ feed }: { feed: StatsFeed }) {
  const job = feed.job.value;
  const active = isActive(job);
  const isLong = useLasting(active);
  if (!job || job.state === 'done' || job.error || feed.error.value) return null;
  if (active) {
    const cancel = () => void feed.act('cancel');
    return isLong ? <Progress job={job} label="Statistics" onCancel={cancel} /> : null;
  }
  return (
    <span class="stats-line">
      {job.state === 'cancelled' && (
        <span class="muted">
          Cancelled: {formatCount(job.done)} of {formatQuantity(job.total, 'tensor')} known.
        </span>
      )}
      {job.state === 'changed' && (
        <span class="muted">The files changed since they were read.</span>
      )}
      <button type="button" class="plain outlined small" onClick={() => void feed.act('start')}>
        {begin(job)}
      </button>
    </span>
  );
}

const COMPUTE = 'Compute statistics';

function begin(job: StatsJobPayload): string {
  if (job.state === 'changed') return `${COMPUTE} anew`;
  const isRead = job.done === job.total;
  const what = isRead ? 'Look for dead channels' : job.done ? 'Compute the rest' : COMPUTE;
  return `${what} (reads ${formatBytes(job.unknown_nbytes)})`;
}

/** Why statistics end early, or cannot be asked for. */
export function StatsProblem({ feed }: { feed: StatsFeed }) {
  const error = feed.error.value;
  if (error) {
    return <Problem error={error} what="No statistics come" onRetry={() => void feed.open()} />;
  }
  const ended = feed.job.value?.error;
  if (!ended) return null;
  const again = () => void feed.act('start');
  const { type, message, id } = ended;
  const shown = new ApiError(type, message, id);
  return <Problem error={shown} what="The statistics ended early" onRetry={again} />;
}

/** How far a job is that reads tensors, and a way to end it. */
export function Progress(props: {
  job: Pick<StatsJobPayload, 'nbytes' | 'done_nbytes' | 'elapsed_s' | 'done' | 'total'>;
  label: string;
  onCancel: () => void;
}) {
  const { job, label, onCancel } = props;
  const { nbytes, done_nbytes, elapsed_s } = job;
  const share = nbytes ? done_nbytes / nbytes : 0;
  const speed = elapsed_s > STEADY_S && done_nbytes > 0 ? done_nbytes / elapsed_s : 0;
  return (
    <span class="stats-line at-end">
      <span
        class="progress"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * share)}
      >
        <i style={{ width: `${100 * share}%` }} />
      </span>
      <span title={`${formatCount(job.done)} of ${formatQuantity(job.total, 'tensor')}`}>
        {nbytes
          ? `${formatBytes(done_nbytes)} of ${formatBytes(nbytes)}`
          : 'Looking up what is known…'}
        {speed > 0 && (
          <span class="muted">
            {' · '}
            {formatDuration((nbytes - done_nbytes) / speed)} left
          </span>
        )}
      </span>
      <button type="button" class="plain small" onClick={onCancel}>
        Cancel
      </button>
    </span>
  );
}

/** Whether something has been so for a while. */
export function useLasting(holds: boolean): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    setLasts(false);
    if (!holds) return;
    const timer = setTimeout(() => setLasts(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [holds]);
  return lasts && holds;
}
