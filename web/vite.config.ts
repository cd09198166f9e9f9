// Builds the page's script and style into dist/assets under hashed names, widget.js beside them under
// its own, and the page of the API into dist/docs; each with its brotli and gzip form, which the
// server sends as they are.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { defineConfig, type Plugin } from 'vite';

const folderOf = (entry: string) => (entry === 'docs' ? 'docs' : 'assets');

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

/** The licences of what the page of the API is made of, beside it. */
function licences(): Plugin {
  const package_ = 'node_modules/swagger-ui-dist';
  return {
    name: 'licences',
    generateBundle() {
      const parts = ['NOTICE', 'LICENSE', 'swagger-ui-es-bundle.js.LICENSE.txt'];
      const source = parts.map((part) => readFileSync(join(package_, part), 'utf8').trim()).join('\n\n');
      this.emitFile({ type: 'asset', fileName: 'docs/licences.txt', source: `${source}\n` });
    },
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
      input: { page: 'src/page.ts', style: 'src/page.css', widget: 'src/widget.ts', docs: 'src/docs.ts' },
      output: {
        entryFileNames: ({ name }) => (name === 'widget' ? 'widget.js' : `${folderOf(name)}/[name]-[hash].js`),
        assetFileNames: ({ names }) =>
          names.includes('docs.css') ? 'docs/docs-[hash][extname]' : 'assets/page-[hash][extname]',
      },
    },
  },
  plugins: [noGlobals(), licences(), encodedForms()],
});
