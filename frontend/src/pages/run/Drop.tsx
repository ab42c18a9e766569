import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { arrangePixels, describeNpy, imageLayout, toBase64 } from '../../model/calls';
import { formatBytes, visibleName } from '../../model/format';
import type { FieldProps } from './Field';

/** Base64 of it still fits into a request. */
const MOST_NBYTES = 40_000_000;
const MOST_PIXELS = 4_000_000;

/** A place to drop a file on, or to choose one by. */
function Place(props: {
  name: string;
  accept: string;
  word: string;
  about: string;
  problem: string;
  onFile: (file: File) => void;
  children?: ComponentChildren;
}) {
  const over = useSignal(false);
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) props.onFile(file);
  };
  return (
    <label
      class={`run-drop ${over.value ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        take(event.dataTransfer?.files);
      }}
    >
      {props.children}
      <span class={props.problem ? 'bad' : props.about ? '' : 'muted'}>
        {props.problem || props.about || `Drop ${props.word} here, or choose one`}
      </span>
      <input
        type="file"
        class="hidden"
        accept={props.accept}
        aria-label={`${props.word} for ${props.name}`}
        onChange={(event) => take(event.currentTarget.files)}
      />
    </label>
  );
}

/** A `.npy` file, or any file where it is a string that is wanted. */
export function Drop({ input, draft, onChange }: FieldProps) {
  const problem = useSignal('');
  const isNpy = draft.way === 'npy';
  const read = async (file: File) => {
    problem.value = file.size > MOST_NBYTES ? `${file.name} is too large to send from here.` : '';
    if (problem.value) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    const about = isNpy ? describeNpy(bytes) : formatBytes(bytes.length);
    if (about) onChange({ file: { name: file.name, about, base64: toBase64(bytes) } });
    else problem.value = `${file.name} is no .npy file: save it with numpy.save.`;
  };
  const { file } = draft;
  return (
    <Place
      name={visibleName(input.key)}
      accept={isNpy ? '.npy' : ''}
      word={isNpy ? 'a .npy file' : 'a file'}
      about={file ? `${visibleName(file.name)}: ${file.about}` : ''}
      problem={problem.value}
      onFile={(chosen) => void read(chosen)}
    />
  );
}

/** An image, decoded by the browser and made as large as the input is. */
export function ImageDrop({ input, draft, onChange }: FieldProps) {
  const problem = useSignal('');
  const preview = useRef<HTMLCanvasElement>(null);
  const { pixels } = draft;
  const layout = imageLayout(input.shape);
  const read = async (file: File) => {
    if (!layout) return;
    const image = await createImageBitmap(file).catch(() => null);
    const height = layout.height ?? image?.height ?? 0;
    const width = layout.width ?? image?.width ?? 0;
    problem.value = image
      ? height * width > MOST_PIXELS
        ? `${width} × ${height} pixels are too many to send from here.`
        : ''
      : `${file.name} is no image that this browser can read.`;
    if (problem.value || !image) return;
    const rgba = draw(image, height, width);
    const rank = (input.shape ?? []).length;
    const { bytes, shape } = arrangePixels(rgba, height, width, layout, rank);
    const about = `${image.width} × ${image.height} pixels${image.width === width && image.height === height ? '' : `, made ${width} × ${height}`}`;
    onChange({ pixels: { name: file.name, about, base64: toBase64(bytes), shape } });
  };
  useEffect(() => {
    if (pixels && layout && preview.current)
      show(preview.current, pixels.base64, layout, pixels.shape);
  }, [pixels]);
  return (
    <Place
      name={visibleName(input.key)}
      accept="image/*"
      word="an image"
      about={pixels ? `${visibleName(pixels.name)}: ${pixels.about}` : ''}
      problem={problem.value}
      onFile={(file) => void read(file)}
    >
      {pixels && (
        <canvas ref={preview} class="run-preview" aria-label="The image as it is sent" role="img" />
      )}
    </Place>
  );
}

function draw(image: ImageBitmap, height: number, width: number): Uint8ClampedArray {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context?.drawImage(image, 0, 0, width, height);
  return (
    context?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray(4 * width * height)
  );
}

/** What was sent, not what was dropped: so that one sees what the model sees. */
function show(
  canvas: HTMLCanvasElement,
  base64: string,
  layout: NonNullable<ReturnType<typeof imageLayout>>,
  shape: readonly number[],
) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const sizes = shape.slice(layout.channels === 'none' ? -2 : -3);
  const [height = 1, width = 1] = layout.channels === 'first' ? sizes.slice(1) : sizes;
  canvas.height = height;
  canvas.width = width;
  const { count } = layout;
  const size = height * width;
  const rgba = new Uint8ClampedArray(4 * size);
  for (let pixel = 0; pixel < size; pixel++) {
    for (let channel = 0; channel < 4; channel++) {
      const from = count === 1 ? 0 : channel;
      const at = layout.channels === 'first' ? from * size + pixel : pixel * count + from;
      rgba[4 * pixel + channel] = channel === 3 && count < 4 ? 255 : (bytes[at] ?? 0);
    }
  }
  canvas.getContext('2d')?.putImageData(new ImageData(rgba, width, height), 0, 0);
}
