// AI chat: answers of a model, in a page with plain EventSource and in one with Vercel's AI SDK.
// Load a page again in the middle of an answer, or open it in a second tab: it goes on.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {url} from '../platform.mjs';
import {serve} from '../serve.mjs';

const folder = new URL('.', import.meta.url);
const bundle = await build({
  entryPoints: [fileURLToPath(new URL('sdk.jsx', folder))],
  bundle: true,
  format: 'esm',
  jsx: 'automatic',
  minify: true,
  write: false,
  define: {TAILWATER_URL: JSON.stringify(url), 'process.env.NODE_ENV': '"production"'},
});

const page = (type, body) => () => [200, {'Content-Type': `${type}; charset=utf-8`}, body];
serve(folder, {
  '/sdk': page('text/html', readFileSync(new URL('sdk.html', folder))),
  '/sdk.js': page('text/javascript', bundle.outputFiles[0].text),
});
