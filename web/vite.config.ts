// Builds the page's script and style into dist/assets under hashed names, and widget.js beside them
// under its own; each with its brotli and gzip form, which the server sends as they are.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { defineConfig, type Plugin } from 'vite';

/** Encoded forms of every file of the output. */
function encodedForms(): Plugin {
  return {
    name: 'encoded-forms',
    writeBundle(options) {
      const folder = options.dir!;
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const path = join(folder, name);
        if (!statSync(path).isFile()) continue;
        const content = readFileSync(path);
        const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
        writeFileSync(`${path}.br`, brotliCompressSync(content, best));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

/** widget.js runs in merchants' pages, whose names are theirs. */
function noGlobals(): Plugin {
  return {
    name: 'no-globals',
    renderChunk: (code, chunk) => (chunk.name === 'widget' ? `(()=>{${code.trim()}})();` : null),
  };
}

export default defineConfig({
  base: './',
  publicDir: false,
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['es2022', 'chrome90', 'safari15', 'firefox90'],
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { page: 'src/page.ts', style: 'src/page.css', widget: 'src/widget.ts' },
      output: {
        entryFileNames: (chunk) => (chunk.name === 'widget' ? 'widget.js' : 'assets/[name]-[hash].js'),
        assetFileNames: 'assets/page-[hash][extname]',
      },
    },
  },
  plugins: [noGlobals(), encodedForms()],
});
