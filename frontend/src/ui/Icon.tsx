const PATHS = {
  check: 'M13.5 4.5 6.5 11.5 3 8',
  clock: 'M8 4.5V8l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z',
  warning:
    'M8 6.5v3M8 11.8v.1M7.1 2.6 1.8 12a1 1 0 0 0 .9 1.5h10.6a1 1 0 0 0 .9-1.5L8.9 2.6a1 1 0 0 0-1.8 0Z',
  error: 'm5.8 5.8 4.4 4.4m0-4.4-4.4 4.4M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z',
  gone: 'M5 8h6M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z',
  copy: 'M5.5 5.5V3a.5.5 0 0 1 .5-.5h7a.5.5 0 0 1 .5.5v7a.5.5 0 0 1-.5.5h-2.5M3 5.5h7a.5.5 0 0 1 .5.5v7a.5.5 0 0 1-.5.5H3a.5.5 0 0 1-.5-.5V6a.5.5 0 0 1 .5-.5Z',
  link: 'M6.7 9.3 9.3 6.7M7 4.4l1.5-1.5a3.2 3.2 0 0 1 4.6 4.6L11.6 9M9 11.6l-1.5 1.5a3.2 3.2 0 0 1-4.6-4.6L4.4 7',
  right: 'm6 3.5 4.5 4.5L6 12.5',
  left: 'm10 3.5-4.5 4.5 4.5 4.5',
  up: 'm3.5 10 4.5-4.5 4.5 4.5',
  down: 'm3.5 6 4.5 4.5L12.5 6',
  search: 'm10.5 10.5 3.5 3.5M12 7A5 5 0 1 1 2 7a5 5 0 0 1 10 0Z',
  close: 'm4 4 8 8m0-8-8 8',
  download: 'M8 2.5v7.5m-3-3 3 3 3-3M2.5 13.5h11',
  keys: 'M6 6.2A2.1 2.1 0 1 1 8.6 8.3c-.4.2-.6.5-.6.9v.3M8 11.8v.1M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z',
  loop: 'M13 6.5A5.2 5.2 0 1 0 13.2 9.5M13.2 2.8v3.7H9.5',
  list: 'M2.5 4h11m-11 4h11m-11 4h11',
  tree: 'M2.5 3.5h5M5 3.5v9h3M5 8h3M10 8h3.5M10 12.5h3.5',
  open: 'M9.5 2.5h4v4m0-4L7.5 8.5M6 3.5H3a.5.5 0 0 0-.5.5v9a.5.5 0 0 0 .5.5h9a.5.5 0 0 0 .5-.5v-3',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  whole: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  swap: 'M2.5 5.5h10m-3-3 3 3-3 3M13.5 10.5h-10m3-3-3 3 3 3',
  play: 'M5 3.2v9.6L12.5 8 5 3.2Z',
  arrow: 'M2.5 8h10m-3.5-3.5L12.5 8 9 11.5',
  info: 'M8 7.5v3.7M8 5v.1M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0Z',
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing beside a word; it says nothing to a screen reader. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
