import { ApiError } from '../../api/client';
import type { DiffJobPayload, DiffPayload } from '../../api/types';
import {
  asHeading,
  describeKnown,
  type PairTable,
  writeDiffCommand,
  writeDiffJson,
} from '../../model/diff';
import { formatBytes, formatCount, formatQuantity, visibleName } from '../../model/format';
import { CopyButton } from '../../ui/CopyButton';
import { downloadText } from '../../ui/download';
import { Icon } from '../../ui/Icon';
import { Note } from '../../ui/Note';
import { Problem } from '../parts';
import { isActive } from '../weights/follow';
import { Progress, useLasting } from '../weights/StatsLine';
import type { DiffFeed } from './feed';

interface SummaryProps {
  payload: DiffPayload;
  table: PairTable;
  feed: DiffFeed;
}

/** The diff in a sentence, how it is known, and what to take away. */
export function Summary(props: SummaryProps) {
  const { payload, feed } = props;
  void feed.version.value;
  const summary = feed.summary.value || payload.summary;
  const { before, after } = payload;
  return (
    <div class="compare-summary">
      <div class="compare-line">
        <h2 class="headline" title={visibleName(summary)}>
          {visibleName(asHeading(summary))}
        </h2>
        <CopyButton
          word="Command"
          label="Copy the command that says the same"
          text={writeDiffCommand(before.location, after.location)}
        />
        <CopyButton word="Summary" label="Copy this sentence" text={summary} />
        <button
          type="button"
          class="plain"
          title="Download all that is listed here, with its numbers"
          onClick={() =>
            downloadText(
              'diff.json',
              writeDiffJson(payload, props.table, summary),
              'application/json',
            )
          }
        >
          <Icon name="download" />
          JSON
        </button>
      </div>
      <Messages payload={payload} feed={feed} />
    </div>
  );
}

/** How it is known what is equal, and how the reading stands. */
export function Known({ payload, table, feed }: SummaryProps) {
  const job = feed.job.value;
  if (!payload.total) return null;
  const known = describeKnown(payload.equal, table, {
    count: (count) => formatQuantity(count, 'tensor'),
  });
  return (
    <div class="compare-known muted">
      <span>
        {known && `${known}.`}
        {payload.equal > 0 && (
          <span title="Equal type, shape, size and CRC-32C: a 32-bit checksum. `modelinspect diff --exact` compares the bytes.">
            {' '}
            <Icon name="info" />
          </span>
        )}
      </span>
      {job && <Reading job={job} feed={feed} />}
    </div>
  );
}

/** How far the reading is, and the ways to begin and end it; nothing when all is known. */
function Reading({ job, feed }: { job: DiffJobPayload; feed: DiffFeed }) {
  const isLong = useLasting(isActive(job));
  if (isActive(job)) {
    const cancel = () => void feed.act('cancel');
    return isLong ? <Progress job={job} label="Reading values" onCancel={cancel} /> : null;
  }
  if (job.state === 'done' || job.error) return null;
  return (
    <span class="stats-line">
      {job.state === 'cancelled' && (
        <span>
          Cancelled: {formatCount(job.done)} of {formatQuantity(job.total, 'pair')} read.
        </span>
      )}
      <button type="button" class="plain outlined small" onClick={() => void feed.act('start')}>
        {job.done ? 'Read the rest' : `Read values of ${formatQuantity(job.total, 'pair')}`} (
        {formatBytes(job.unknown_nbytes)})
      </button>
    </span>
  );
}

function Messages({ payload, feed }: { payload: DiffPayload; feed: DiffFeed }) {
  const ended = feed.job.value?.error;
  const error = feed.error.value ?? (ended && new ApiError(ended.type, ended.message, ended.id));
  return (
    <>
      {error && (
        <Problem
          error={error}
          what="The reading of values ended early"
          onRetry={() => void feed.act('start')}
        />
      )}
      {payload.notes.map((note) => (
        <Note key={note} tone="warn" copy={note}>
          {visibleName(note)}
        </Note>
      ))}
    </>
  );
}
