import type { RestoreNearestPayload, RestorePayload } from '../../api/types';
import { visibleName } from '../../model/format';
import { keyOfRow, nameOfRow, type Spec, specsOf } from '../../model/restores';
import { route } from '../../state';
import { CopyButton } from '../../ui/CopyButton';
import { Fact } from '../../ui/Fact';
import { Note } from '../../ui/Note';
import { PanelHead } from '../../ui/PanelHead';
import { ViewLink } from '../parts';
import { Prose } from './Prose';
import { SpecText, Status } from './Rows';

/** One variable: where it was looked for, what both sides have, and what may be meant. */
export function Detail({ payload, onClose }: { payload: RestorePayload; onClose: () => void }) {
  const { rows } = payload;
  const key = route.value.tensor;
  const row = rows.status.findIndex((_, index) => keyOfRow(rows, index) === key);
  const name = row < 0 ? key.replace(/^\w+:/, '') : nameOfRow(rows, row);
  return (
    <section class="restore-side" aria-label={`Variable ${visibleName(name)}`}>
      <PanelHead title={visibleName(name)} copy={name} onClose={onClose} />
      {row < 0 ? (
        <Note tone="warn" title="Not among these rows">
          Neither side has this variable, or another status is shown.
        </Note>
      ) : (
        <Facts payload={payload} row={row} />
      )}
    </section>
  );
}

function Facts({ payload, row }: { payload: RestorePayload; row: number }) {
  const { rows } = payload;
  const { id, with: into } = route.value;
  const [target, checkpoint] = specsOf(rows, row);
  const lookedFor = rows.looked_for[row] ?? '';
  const nearest = rows.nearest[row] ?? [];
  return (
    <>
      <dl class="restore-facts">
        <Fact name="Status">
          <Status rows={rows} row={row} />
          {target && (
            <span class="muted">
              {rows.restored[row] ? 'gets the checkpoint’s values' : 'keeps its own values'}
            </span>
          )}
        </Fact>
        {rows.reason[row] && (
          <Fact name="Why">
            <Prose text={rows.reason[row] ?? ''} />
          </Fact>
        )}
        {lookedFor && (
          <Fact name={target ? 'Looked for' : 'Would go to'}>
            <Text text={lookedFor} />
          </Fact>
        )}
        <Fact name="Role">{rows.role[row]}</Fact>
      </dl>
      <Side
        title="In the target"
        spec={target}
        name={rows.target_name[row] ?? ''}
        tensor={rows.target_key[row] ?? ''}
        id={into}
      />
      <Side
        title="In the checkpoint"
        spec={checkpoint}
        name={rows.checkpoint_name[row] ?? ''}
        tensor={rows.checkpoint_key[row] ?? ''}
        id={id}
      />
      {nearest.length > 0 && (
        <Nearest
          nearest={nearest}
          title={target ? 'Nearest in the checkpoint' : 'Nearest in the target'}
          id={target ? id : into}
        />
      )}
    </>
  );
}

/** A path or a key, which may be long, and a way to copy it. */
function Text({ text }: { text: string }) {
  return (
    <span class="restore-path">
      <code>{visibleName(text)}</code>
      <CopyButton text={text} label="Copy" class="small" />
    </span>
  );
}

function Side(props: {
  title: string;
  spec: Spec | null;
  name: string;
  tensor: string;
  id: string;
}) {
  const { title, spec, name, tensor } = props;
  return (
    <section>
      <h3>{title}</h3>
      {spec ? (
        <dl class="restore-facts">
          <Fact name="Name">
            <ViewLink to={{ page: 'weights', id: props.id, tensor }} title="Its values">
              {visibleName(name)}
            </ViewLink>
          </Fact>
          {tensor !== name && (
            <Fact name="Key">
              <Text text={tensor} />
            </Fact>
          )}
          <Fact name="Type">
            <SpecText spec={spec} />
          </Fact>
        </dl>
      ) : (
        <p class="muted">Nothing.</p>
      )}
    </section>
  );
}

function Nearest(props: { title: string; nearest: readonly RestoreNearestPayload[]; id: string }) {
  return (
    <section>
      <h3>{props.title}</h3>
      <ul class="restore-nearest">
        {props.nearest.map(({ key, name, score, reason }) => (
          <li key={key}>
            <span class="number" title="Likeness, 0 to 1">
              {score.toFixed(2)}
            </span>
            <span>
              <ViewLink
                to={{ page: 'weights', id: props.id, tensor: key }}
                title={visibleName(key)}
              >
                {visibleName(name)}
              </ViewLink>
              <span class="muted">{reason}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
