import { formatQuantity, formatShape, visibleName } from '../../model/format';
import { Icon } from '../../ui/Icon';
import type { FieldProps } from './Field';

const MOST = 16;

/** Messages `tf.Example`: a table with a line for each feature, a column for each message. */
export function Examples({ input, draft, onChange }: FieldProps) {
  const { features } = input;
  const { examples } = draft;
  const set = (at: number, name: string, text: string) =>
    onChange({
      examples: examples.map((fields, one) => (one === at ? { ...fields, [name]: text } : fields)),
    });
  return (
    <>
      <div class="run-examples">
        <table>
          <thead>
            <tr>
              <th scope="col">{formatQuantity(features.length, 'feature')}</th>
              {examples.map((_, at) => (
                <th key={at} scope="col">
                  {examples.length > 1 ? `Example ${at + 1}` : 'Value'}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {features.map((feature) => (
              <tr key={feature.name}>
                <th scope="row" title={visibleName(feature.name)}>
                  <span class="run-feature">{visibleName(feature.name)}</span>
                  <span class="muted">
                    {feature.dtype} {feature.shape ? formatShape(feature.shape) : 'any number'}
                  </span>
                </th>
                {examples.map((fields, at) => (
                  <td key={at}>
                    <input
                      class="field code"
                      type="text"
                      autocomplete="off"
                      spellcheck={false}
                      aria-label={`${visibleName(feature.name)} of example ${at + 1}`}
                      placeholder={
                        feature.default ? describeDefault(feature.default) : 'must be there'
                      }
                      value={fields[feature.name] ?? ''}
                      onInput={(event) => set(at, feature.name, event.currentTarget.value)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="run-numbers">
        <button
          type="button"
          class="plain small outlined"
          disabled={examples.length >= MOST}
          onClick={() => onChange({ examples: [...examples, { ...examples.at(-1) }] })}
        >
          <Icon name="plus" />
          Example
        </button>
        {examples.length > 1 && (
          <button
            type="button"
            class="plain small outlined"
            onClick={() => onChange({ examples: examples.slice(0, -1) })}
          >
            <Icon name="minus" />
            Example
          </button>
        )}
        <span class="muted">Several values with commas between; several strings as JSON</span>
      </div>
    </>
  );
}

function describeDefault(values: readonly string[]): string {
  return values.length ? `default ${values.join(', ')}` : 'none';
}
