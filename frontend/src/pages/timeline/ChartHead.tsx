import { AXES, METRIC_WORDS, METRICS } from '../../model/lines';
import { go } from '../../state';
import { Chip, Segments } from '../../ui/Chips';
import { Icon } from '../../ui/Icon';
import { type Settings, zoom } from './view';

/** What the lines show, and on which axes. */
export function ChartHead({ settings }: { settings: Settings }) {
  const { metric, axis, isLog } = settings;
  const { help } = METRIC_WORDS[metric];
  return (
    <div class="chart-head">
      <span class="labelled">
        <label class="muted" for="timeline-metric">
          Show
        </label>
        <select
          id="timeline-metric"
          class="field"
          title={help}
          value={metric}
          onChange={(event) => go({ metric: event.currentTarget.value, lines: '' })}
        >
          {METRICS.map((name) => (
            <option key={name} value={name}>
              {METRIC_WORDS[name].title}
            </option>
          ))}
        </select>
      </span>
      <span class="muted chart-help" title={help}>
        {help}
      </span>
      <span class="spring" />
      {zoom.value && (
        <button
          type="button"
          class="plain small"
          onClick={() => {
            zoom.value = null;
          }}
        >
          <Icon name="loop" />
          Show all
        </button>
      )}
      <Chip
        pressed={isLog}
        title="Logarithmic scale; zeros have no place on it"
        onToggle={() => go({ scale: isLog ? '' : 'log' })}
      >
        Log
      </Chip>
      <Segments
        label="Axis"
        options={AXES.map((name) => [name, name === 'step' ? 'Step' : 'Time'] as const)}
        value={axis}
        onChange={(name) => {
          zoom.value = null;
          go({ axis: name === 'step' ? '' : name });
        }}
      />
    </div>
  );
}
