import type { ArtifactPayload, MetaGraphPayload } from '../../api/types';
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatExactBytes,
  formatQuantity,
  formatTime,
  visibleName,
} from '../../model/format';
import { now_s } from '../../state';
import { Fact } from '../Fingerprint';
import { Name, ViewLink } from '../parts';
import { Section } from '../Section';

/** What is known of the artifact as a whole. */
export function Facts(props: { payload: ArtifactPayload; graph: MetaGraphPayload | undefined }) {
  const { artifact, files, format, location } = props.payload;
  const nbytes = files.reduce((sum, file) => sum + (file.nbytes ?? 0), 0);
  return (
    <Section title="Facts">
      <dl class="facts">
        <Fact name="Path" copy={location}>
          <Name name={location} />
        </Fact>
        {format && <Fact name="Format">{visibleName(format)}</Fact>}
        {artifact.run !== null && <Fact name="Run">{artifact.run}</Fact>}
        {artifact.step !== null && (
          <Fact name="Step">
            {formatCount(artifact.step)}
            {artifact.series !== null && (
              <>
                {' · '}
                <ViewLink to={{ page: 'timeline', id: artifact.id }}>Timeline</ViewLink>
              </>
            )}
          </Fact>
        )}
        <Fact name="Size" title={formatExactBytes(nbytes)}>
          {formatBytes(nbytes)} in {formatQuantity(files.length, 'file')}
        </Fact>
        <Fact name="Modified" title={formatAgo(artifact.mtime_s, now_s.value)}>
          {formatTime(artifact.mtime_s)}
        </Fact>
        {props.graph && <GraphFacts graph={props.graph} {...artifact} />}
      </dl>
    </Section>
  );
}

/** A lone graph has no tags, and may not say who wrote it: only in a SavedModel is that a fact. */
function GraphFacts({ graph, id, kind }: { graph: MetaGraphPayload; id: string; kind: string }) {
  const isSavedModel = kind === 'saved_model';
  const tags = graph.tags.map(visibleName).join(', ');
  return (
    <>
      {(isSavedModel || graph.tensorflow_version) && (
        <Fact name="TensorFlow">{visibleName(graph.tensorflow_version) || 'not stored'}</Fact>
      )}
      {(isSavedModel || tags) && <Fact name="Tags">{tags || 'none'}</Fact>}
      <Fact
        name="GraphDef"
        title={`producer ${graph.producer}, min_consumer ${graph.min_consumer}`}
      >
        {graph.producer}, readable from {graph.min_consumer}
      </Fact>
      <Fact name="Graph">
        {formatQuantity(graph.node_count, 'node')},{' '}
        {formatQuantity(graph.functions.length, 'function')}
        {' · '}
        <ViewLink to={{ page: 'graph', id }}>Graph</ViewLink>
        {' · '}
        <ViewLink to={{ page: 'graph', id, view: 'summary' }}>Summary</ViewLink>
      </Fact>
    </>
  );
}
