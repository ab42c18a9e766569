import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/**
 * `index.js` has two addresses (below the plugin's root, and once more below `plugin/modelinspect/`,
 * which is where WebKit looks), its chunks have one: `<root>static/`. So the entry may import nothing
 * by a relative path; it computes the root and imports the application by the name put in here.
 */
function nameTheApplication(): Plugin {
  return {
    name: 'name-the-application',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const entry = chunks.find((chunk) => chunk.name === 'index');
      const app = chunks.find((chunk) => chunk.name === 'app' && chunk.isEntry);
      if (!entry || !app) throw new Error('The build needs the entries "index" and "app".');
      if (entry.imports.length || entry.dynamicImports.length) {
        throw new Error(`index.js must import nothing, but imports ${entry.imports.join(', ')}.`);
      }
      entry.code = replaceOnce(entry.code, '%APPLICATION%', app.fileName);
      entry.code = replaceOnce(entry.code, 'importModule(', 'import(');
    },
  };
}

function replaceOnce(code: string, token: string, by: string): string {
  const parts = code.split(token);
  if (parts.length !== 2) throw new Error(`index.js must have ${token} exactly once.`);
  return parts.join(by);
}

export default defineConfig({
  base: './',
  publicDir: false,
  build: {
    outDir: '../tensorboard_plugin_modelinspect/static',
    emptyOutDir: true,
    assetsDir: '',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: 'es2022',
    rolldownOptions: {
      input: { index: 'src/index.ts', app: 'src/app.tsx' },
      preserveEntrySignatures: 'allow-extension',
      output: {
        format: 'es',
        entryFileNames: (chunk) => (chunk.name === 'index' ? 'index.js' : '[name]-[hash].js'),
        chunkFileNames: '[name]-[hash].js',
      },
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  plugins: [nameTheApplication()],
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000 },
});
