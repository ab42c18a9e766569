import { defineConfig } from 'vite';

/** The demo page: every view on fixed data, without a server of ours. */
export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { host: '127.0.0.1', port: 4173 },
});
