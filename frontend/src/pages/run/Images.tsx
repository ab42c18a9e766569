import { useEffect, useRef } from 'preact/hooks';
import { visibleName } from '../../model/format';
import { type ImageSizes, imageSizes, parseNpy, pixelRange } from '../../model/outputs';
import { useAnswer } from '../../state';
import { Problem } from '../parts';
import type { OutputProps } from './Output';

const MOST = 8;

/** An output as pictures; the values are its table. */
export function Images({ call, value }: OutputProps) {
  const sizes = imageSizes(value.shape) as ImageSizes;
  const shown = Math.min(MOST, sizes.count);
  const slice = value.shape.length === 4 ? `0:${shown}` : '';
  const {
    value: came,
    error,
    retry,
  } = useAnswer(`${call} ${value.key} image`, (client, signal) =>
    client.runArray({ call, side: 'output', key: value.key }, slice, signal),
  );
  if (error) return <Problem error={error} what="The picture does not come" onRetry={retry} />;
  if (!came) return <p class="muted">Fetching the pixels…</p>;
  const values = parseNpy(came);
  if (!values) return <p class="muted">Values of type {value.dtype} are not shown as a picture.</p>;
  const range = rangeOf(values);
  return (
    <>
      <div class="run-images">
        {Array.from({ length: shown }, (_, number) => (
          <Picture
            key={number}
            name={`${visibleName(value.key)} ${number}`}
            values={values}
            number={number}
            sizes={sizes}
            range={range}
          />
        ))}
      </div>
      <p class="muted">
        {sizes.width} × {sizes.height} pixels, shown from {pixelRange(...range)[2]}
        {sizes.count > shown && `; the first ${shown} of ${sizes.count}`}
      </p>
    </>
  );
}

function rangeOf(values: ArrayLike<number>): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? 0;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function Picture(props: {
  name: string;
  values: ArrayLike<number>;
  number: number;
  sizes: ImageSizes;
  range: [number, number];
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { values, number, sizes, range } = props;
  useEffect(() => {
    if (canvas.current) paint(canvas.current, values, number, sizes, range);
  }, [values]);
  return (
    <canvas ref={canvas} class="run-image" role="img" aria-label={`Picture of ${props.name}`} />
  );
}

function paint(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  number: number,
  { height, width, channels }: ImageSizes,
  range: [number, number],
) {
  canvas.height = height;
  canvas.width = width;
  const [factor, offset] = pixelRange(...range);
  const size = height * width;
  const rgba = new Uint8ClampedArray(4 * size);
  for (let pixel = 0; pixel < size; pixel++) {
    const from = (number * size + pixel) * channels;
    for (let channel = 0; channel < 4; channel++) {
      const value = values[from + (channels === 1 ? 0 : channel)] ?? 0;
      rgba[4 * pixel + channel] = channel === 3 && channels < 4 ? 255 : value * factor + offset;
    }
  }
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
}
