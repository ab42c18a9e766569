import { useMemo } from 'preact/hooks';
import { frameKey } from '../../model/frames';
import { decodePicture } from '../../model/pictures';
import { formatSlice, type Range } from '../../model/slices';
import { useAnswer } from '../../state';
import { Problem } from '../parts';
import { type Asked, goRoles, readAsked, sizeOf } from './asked';
import { type Held, placeKey, useLook } from './look';
import { PictureAxes } from './PictureAxes';
import { PictureView } from './PictureView';
import { SliceField, useSettled } from './SliceField';
import { Take } from './Take';

/** A slice of a tensor as a heat map, and the ways to choose and take it. */
export function Picture({ held }: { held: Held }) {
  const look = useLook();
  const { shape } = held;
  const { asked, problem, note } = readAsked(look, shape);
  const { roles, region } = asked;
  const choose = (next: Range[]) => look.go({ slice: formatSlice(next, shape) }, { replace: true });
  return (
    <div class="values">
      <div class="slice-line">
        <SliceField text={look.value.slice || formatSlice(region, shape)} problem={problem} />
        <PictureAxes
          region={region}
          shape={shape}
          roles={roles}
          onRoles={(next) => goRoles(look, asked, next)}
          onChange={choose}
        />
      </div>
      {(problem || note) && (
        <p class={`values-note ${problem ? 'bad' : 'muted'}`}>{problem || note}</p>
      )}
      {!problem && <Fetched asked={asked} held={held} onChange={choose} />}
      {problem && <Take held={held} region={region} />}
    </div>
  );
}

function Fetched(props: { asked: Asked; held: Held; onChange: (region: Range[]) => void }) {
  const { asked, held } = props;
  const { region, roles } = asked;
  const { method } = useLook().value;
  const settled = useSettled(frameKey(region, roles));
  const [slice = '', axes = ''] = settled.split(' ');
  const size = sizeOf(region, roles);
  const { value, error, retry } = useAnswer(
    `${placeKey(held.at)} ${settled} ${method}`,
    (client, signal) => client.picture(held.at, { slice, axes, method, ...size }, signal),
  );
  const picture = useMemo(() => value && decodePicture(value), [value]);
  if (error?.type === 'Unsupported') return <p class="values-note muted">{error.message}</p>;
  if (error) {
    return (
      <>
        <Problem error={error} what="This picture cannot be made" onRetry={retry} />
        <Take held={held} region={region} />
      </>
    );
  }
  const current = settled === frameKey(region, roles) ? picture : undefined;
  return <PictureView {...props} picture={current} />;
}
