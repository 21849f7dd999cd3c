// Builds dist/, which is part of the repository: a gateway serves it, and ./tailwater needs neither Node nor npm.
//   node build.mjs           builds
//   node build.mjs --check   fails if dist/ is not what the sources give, or if a size is above its bound
import {build} from 'esbuild';
import {minify} from 'terser';
import {mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';

const root = new URL('.', import.meta.url);
/** Entry, its file below dist/, and the most bytes that it may have with gzip -9. */
const parts = [
  {entry: 'src/index.js', file: 'client.js', most: 12 * 1024},
  ...['ai', 'binary', 'diagnostics', 'offline', 'pool', 'presence', 'state'].map((part) => ({
    entry: `src/parts/${part}.js`, file: `client/${part}.js`, most: 6 * 1024,
  })),
  // With what `presence` and `state` have.
  {entry: 'src/parts/react.js', file: 'client/react.js', most: 8 * 1024},
  // A client of its own.
  {entry: 'src/parts/tabs.js', file: 'client/tabs.js', most: 15 * 1024},
];
/** Names inside a bundle, which neither a page nor the platform nor another bundle sees. */
const inner = ['persist', 'progress', 'makeLink', 'wantsFrames', 'replaceable', 'renewable', 'renew', 'forgive', 'widened',
  'reached', 'tellLive', 'isOpen', 'isReady', 'isLive', 'onClose', 'taken', 'lasting', 'probe', 'retryMs', 'hasRoomFor', 'pinged',
  'again', 'over', 'about', 'refused', 'moved', 'leave', 'wake', 'notice', 'asked', 'edition', 'wide', 'begin', 'feedsOf', 'isPattern', 'suits', 'check',
  'credentials', 'emit', 'pushed', 'pushes', 'wanted', 'renewToken', 'follow', 'take', 'failed', 'connect', 'makeLink', 'begins', 'epoch', 'offset',
  'lost', 'move', 'pass', 'drop', 'bad', 'good', 'hidden', 'fail', 'late', 'suspend', 'restore'];
/**
 * Names that one bundle uses of another, and what they are called in every bundle: bundles of two versions may meet for a
 * while, so that none of these may ever be another's.
 */
const between = {feeds: 'f', emitter: 'e', http: 'h', inUse: 'u', wish: 'w', feed: 'o', sender: 's', tell: 't', opened: 'd'};
/** What esbuild leaves, which is 3 % of the size. */
const smaller = {module: true, ecma: 2022, compress: {
  passes: 3, ecma: 2022, unsafe: true, unsafe_methods: true,
  // Each makes the code a little longer, and gzip's result smaller.
  hoist_funs: true, inline: 1, lhs_constants: false, reduce_funcs: false, sequences: false,
}, mangle: {toplevel: true}, format: {quote_style: 1}};
const options = {
  mangleProps: new RegExp(`^(${[...inner, ...Object.keys(between)].join('|')})$`), mangleCache: between,
  bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', legalComments: 'none', charset: 'utf8',
  external: ['react'], absWorkingDir: fileURLToPath(root),
};

/** What dist/ has to hold, by name. */
async function contents() {
  const files = new Map();
  for (const {entry, file} of parts) {
    const {outputFiles} = await build({...options, entryPoints: [entry]});
    files.set(file, Buffer.from((await minify(outputFiles[0].text, smaller)).code));
  }
  for (const name of await readdir(new URL('types', root))) {
    const file = name === 'client.d.ts' ? name : `client/${name}`;
    const text = await readFile(new URL(`types/${name}`, root), 'utf8');
    // Beside the parts, the client is one folder up.
    files.set(file, Buffer.from(file === name ? text : text.replaceAll("'./client.js'", "'../client.js'")));
  }
  return files;
}

const wire = await readFile(new URL('../contract/src/main/protobuf/tailwater/v1/frames.proto', root), 'utf8').catch(() => '');
const check = process.argv.includes('--check');
const files = await contents();
const failures = [];
for (const name of [...inner, ...Object.keys(between)]) {
  const seen = [...files.entries()].find(([file, text]) => file.endsWith('.d.ts') && new RegExp(`^ *(readonly )?${name}\\??[:(]`, 'm').test(text));
  if (seen || new RegExp(`\\b${name} = `).test(wire)) failures.push(`${name} is no inner name: ${seen?.[0] ?? 'frames.proto'} has it`);
}
const dist = new URL('dist/', root);
if (check) {
  const there = (await readdir(dist, {recursive: true, withFileTypes: true})).filter((one) => one.isFile());
  if (there.length !== files.size) failures.push(`dist/ has ${there.length} files, not ${files.size}`);
} else {
  await rm(dist, {recursive: true, force: true});
}
for (const [file, bytes] of files) {
  const to = new URL(file, dist);
  if (!check) {
    await mkdir(new URL('.', to), {recursive: true});
    await writeFile(to, bytes);
  } else if (!bytes.equals(await readFile(to).catch(() => Buffer.alloc(0)))) {
    failures.push(`dist/${file} is not what its sources give: run npm run build and commit it`);
  }
}
const readme = await readFile(new URL('README.md', root), 'utf8').catch(() => '');
for (const {file, most} of parts) {
  const size = gzipSync(files.get(file), {level: 9}).length;
  const kb = (size / 1024).toFixed(1);
  console.log(`${file}: ${kb} KB minified and gzipped, at most ${(most / 1024).toFixed(0)}`);
  if (size > most) failures.push(`${file} has ${size} bytes with gzip -9, more than ${most}`);
  if (check && !readme.includes(`| \`${file}\` | ${kb} KB |`)) failures.push(`README.md does not say: | \`${file}\` | ${kb} KB |`);
}
for (const failure of failures) console.error(failure);
process.exitCode = failures.length ? 1 : 0;
