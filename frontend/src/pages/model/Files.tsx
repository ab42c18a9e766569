import type { FilePayload } from '../../api/types';
import { formatBytes, formatExactBytes } from '../../model/format';
import { Icon } from '../../ui/Icon';
import { Name } from '../parts';
import { Section, useMore } from '../Section';

const MOST_FILES = 20;

/** Files the artifact is made of; one that should be there and is not says so. */
export function Files({ files }: { files: readonly FilePayload[] }) {
  const { shown, button } = useMore(files, MOST_FILES);
  if (!files.length) return null;
  return (
    <Section title="Files" count={files.length}>
      <ul class="lines">
        {shown.map((file) => (
          <li key={file.name}>
            <Name name={file.name} />
            <span class="spring" />
            {file.nbytes === null ? (
              <span class="state bad">
                <Icon name="error" />
                missing
              </span>
            ) : (
              <span class="number muted" title={formatExactBytes(file.nbytes)}>
                {formatBytes(file.nbytes)}
              </span>
            )}
          </li>
        ))}
      </ul>
      {button}
    </Section>
  );
}
