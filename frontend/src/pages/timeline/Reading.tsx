import { ApiError } from '../../api/client';
import { formatBytes, formatQuantity } from '../../model/format';
import { describeProgress } from '../../model/integrity';
import { Icon } from '../../ui/Icon';
import { Note } from '../../ui/Note';
import { Problem } from '../parts';
import { READ_AT_ONCE } from './source';
import type { Shown } from './view';

const NO_REASON = { type: 'Unexpected', message: 'The server does not say why.', id: null };

/** How the reading of values stands: a button, progress, or nothing once it is done. */
export function Reading({ series, of }: { series: Shown; of: string }) {
  const { job } = series.source.state.value;
  const start = () => void series.source.act('start');
  if (!job || job.state === 'done') return null;
  if (job.state === 'running' || job.state === 'waiting') return <Progress {...{ series, of }} />;
  if (job.state === 'failed') {
    const { type, message, id } = job.error ?? NO_REASON;
    const error = new ApiError(type, message, id);
    return <Problem error={error} what={`${of}The values could not be read`} onRetry={start} />;
  }
  const isCancelled = job.state === 'cancelled';
  if (!job.nbytes || (!isCancelled && job.nbytes <= READ_AT_ONCE)) return null;
  return (
    <Note tone="info">
      <div class="reading">
        <span>
          {of}
          {isCancelled
            ? `Reading was cancelled after ${formatBytes(job.done_nbytes)}. `
            : `Norms and changes are not known: they need the values of ${formatQuantity(series.rows.length, 'checkpoint')}. `}
          What is frozen, and sizes, are known without reading.
        </span>
        <button type="button" class="plain outlined" onClick={start}>
          <Icon name="open" />
          Read values ({formatBytes(job.nbytes)})
        </button>
      </div>
    </Note>
  );
}

function Progress({ series, of }: { series: Shown; of: string }) {
  const { job } = series.source.state.value;
  if (!job) return null;
  const words = job.state === 'waiting' ? ['waiting for others'] : describeProgress(job);
  return (
    <div class="reading">
      <span>{of}Reading values</span>
      <progress aria-label="Bytes read" max={job.nbytes || 1} value={job.done_nbytes} />
      {words.map((word) => (
        <span key={word.replace(/[\d.,]+/g, '')} class="number muted">
          {word}
        </span>
      ))}
      <button type="button" class="plain small" onClick={() => void series.source.act('cancel')}>
        <Icon name="close" />
        Cancel
      </button>
    </div>
  );
}
