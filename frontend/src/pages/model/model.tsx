import type { ArtifactPayload, MetaGraphPayload } from '../../api/types';
import { formatCount, formatKind, visibleName } from '../../model/format';
import { go, homeRoute, route, useAnswer } from '../../state';
import { Segments } from '../../ui/Chips';
import { Note } from '../../ui/Note';
import { adoptStyles } from '../../ui/styles';
import { Fingerprint } from '../Fingerprint';
import { Integrity } from '../Integrity';
import { Problem, State, ViewLink } from '../parts';
import { useVerification } from '../verification';
import { Contents } from './Contents';
import { Documents } from './Documents';
import { Facts } from './Facts';
import { Files } from './Files';
import { Health } from './Health';
import { Lineage } from './Lineage';
import { Loadings } from './Loadings';
import css from './model.css?inline';
import { Objects } from './Objects';
import { Signatures } from './Signatures';
import { Totals } from './Totals';
import { Trust } from './Trust';

adoptStyles(css);

/** What an artifact is. */
export default function Model() {
  const { id } = route.value;
  const { value, error, retry } = useAnswer(id, (client, signal) => client.artifact(id, signal));
  if (!value) {
    if (!error) return <p class="waiting">Opening…</p>;
    return (
      <div class="page-notes">
        <Problem error={error} what="This artifact cannot be shown" onRetry={retry} />
        <p class="after-note">
          <ViewLink to={homeRoute.value}>All artifacts</ViewLink>
        </p>
      </div>
    );
  }
  return (
    <div class="model">
      {error && (
        <Problem error={error} what="This is old: it could not be refreshed" onRetry={retry} />
      )}
      <Title payload={value} />
      <Notes payload={value} />
      <Verdicts key={id} payload={value} />
      {!value.error && <Health artifact={value.artifact} />}
      {!value.error && <Lineage key={id} artifact={value.artifact} />}
      <Body payload={value} />
    </div>
  );
}

/** Whether it is whole, and whether it is safe; the second depends on the first. */
function Verdicts({ payload }: { payload: ArtifactPayload }) {
  const { id, state } = payload.artifact;
  const verification = useVerification(id);
  return (
    <>
      <Integrity payload={payload} verification={verification} />
      {state !== 'deleted' && <Trust id={id} verified={verification.payload?.verdict} />}
    </>
  );
}

/** The last part of a path, or the last two where the last is a version number. */
function shortName(path: string): string {
  const parts = path.split('/').filter(Boolean);
  return parts.slice(/^\d+$/.test(parts.at(-1) ?? '') ? -2 : -1).join('/') || path;
}

function Title({ payload }: { payload: ArtifactPayload }) {
  const { artifact } = payload;
  return (
    <div class="title">
      <h2 class="headline" title={visibleName(artifact.path)}>
        {visibleName(shortName(artifact.path))}
      </h2>
      <span class="muted">{formatKind(artifact.kind)}</span>
      <State state={artifact.state} />
      <ViewLink to={{ page: 'compare', id: artifact.id }} class="plain outlined small at-end">
        Compare with…
      </ViewLink>
    </div>
  );
}

/** The worst first: what stopped us from opening it, then what is odd about it. */
function Notes({ payload }: { payload: ArtifactPayload }) {
  const { artifact, error, notes } = payload;
  const bad = artifact.state === 'broken' || artifact.state === 'deleted';
  const said = error?.message ?? artifact.reason;
  const tone = error || bad ? 'bad' : 'warn';
  return (
    <>
      {said && (
        <Note
          tone={artifact.state === 'writing' && !error ? 'info' : tone}
          title={error ? 'It cannot be opened' : undefined}
          copy={`${payload.location}\n${said}`}
        >
          {visibleName(said)}
        </Note>
      )}
      {notes
        .filter((note) => note !== said)
        .map((note) => (
          <Note key={note} tone={artifact.state === 'complete' ? 'info' : 'warn'} copy={note}>
            {visibleName(note)}
          </Note>
        ))}
    </>
  );
}

function Body({ payload }: { payload: ArtifactPayload }) {
  const graphs = payload.meta_graphs;
  const chosen = graphs.find((graph) => graph.tags.join() === route.value.tags) ?? graphs[0];
  return (
    <div class="model-columns">
      <div class="model-main">
        {graphs.length > 1 && chosen && <Tags graphs={graphs} chosen={chosen} />}
        {chosen && <Signatures payload={payload} graph={chosen} />}
        <Loadings payload={payload} />
        <Documents id={payload.artifact.id} documents={payload.documents} />
        {payload.error && <Files files={payload.files} />}
        {payload.object_count > 0 && (
          <Objects id={payload.artifact.id} count={payload.object_count} />
        )}
        {chosen && <Contents graph={chosen} />}
      </div>
      <div class="model-side">
        <Facts payload={payload} graph={chosen} />
        {payload.totals && <Totals id={payload.artifact.id} totals={payload.totals} />}
        {!payload.error && <Files files={payload.files} />}
        {payload.fingerprint && <Fingerprint fields={payload.fingerprint} />}
      </div>
    </div>
  );
}

function Tags(props: { graphs: readonly MetaGraphPayload[]; chosen: MetaGraphPayload }) {
  const options = props.graphs.map((graph) => {
    const words = graph.tags.length ? graph.tags.map(visibleName).join(', ') : 'no tags';
    return [graph.tags.join(), words] as const;
  });
  return (
    <div class="tag-sets">
      <span class="muted">{formatCount(options.length)} tag-sets</span>
      <Segments
        label="Tag-set"
        options={options}
        value={props.chosen.tags.join()}
        onChange={(tags) => go({ tags })}
      />
    </div>
  );
}
