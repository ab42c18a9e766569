import type { ArtifactPayload, RunNanPayload, RunPlacePayload } from '../../api/types';
import { formatQuantity, visibleName } from '../../model/format';
import { mainGraph } from '../../model/outputs';
import { ViewLink } from '../parts';

const TITLES: Record<string, string> = {
  nan: 'First NaN',
  infinity: 'No NaN, but an infinity',
};

/** Where the first NaN is made, out of what, and what could not be looked at. */
export function FirstNan(props: {
  nan: RunNanPayload;
  tags: readonly string[];
  payload: ArtifactPayload;
}) {
  const { nan } = props;
  const none = `No NaN and no infinity in ${formatQuantity(nan.looked_at, 'tensor')}`;
  const place = (one: RunPlacePayload) => <Place {...props} place={one} />;
  return (
    <section class="run-output run-nan" aria-label="The first NaN">
      <h3>{TITLES[nan.kind] ?? none}</h3>
      {nan.made && <p>{place(nan.made)}</p>}
      {nan.inputs.length > 0 && (
        <>
          <p class="muted">made of</p>
          <ul>
            {nan.inputs.map((one) => (
              <li key={one.text}>{place(one)}</li>
            ))}
          </ul>
        </>
      )}
      {nan.infinity && (
        <>
          <p class="muted">The infinity comes from</p>
          <p>{place(nan.infinity)}</p>
        </>
      )}
      {nan.reach.map((line) => (
        <p key={line} class="muted">
          {visibleName(line)}
        </p>
      ))}
    </section>
  );
}

/** A tensor in words; the link selects its node on the Graph page. */
function Place(props: {
  place: RunPlacePayload;
  tags: readonly string[];
  payload: ArtifactPayload;
}) {
  const { text, graph, node } = props.place;
  const { artifact, meta_graphs } = props.payload;
  const at = graph || mainGraph(meta_graphs, props.tags);
  return (
    <>
      {visibleName(text)}{' '}
      {node && (
        <ViewLink to={{ page: 'graph', id: artifact.id, graph: at, node }} class="underlined">
          in the graph
        </ViewLink>
      )}
    </>
  );
}
