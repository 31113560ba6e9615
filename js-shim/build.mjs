// Bundles js-shim/src into js-shim/dist and lays the wasm files beside it: `node js-shim/build.mjs [FILE.wasm]`.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { internalNames } from './names.mjs';
import { stamp } from './stamp.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const source = path.join(here, 'src');
const dist = path.join(here, 'dist');
const wasm = path.resolve(process.argv[2] ?? path.join(here, '../dist/ort-wasm-simd-threaded.wasm'));
const wasmFiles = [wasm, path.join(path.dirname(wasm), 'ort-wasm-relaxedsimd-threaded.wasm')].filter(existsSync);
const { version } = JSON.parse(readFileSync(path.join(here, 'package.json'), 'utf8'));

/** The names under which people copy and load the script: one implementation, a whole file for each. */
const stems = ['ort', 'ort.all', 'ort.wasm', 'ort.webgpu', 'ort.jspi', 'ort.webgl'];

/**
 * How a form finds what lies beside it. `bundler`: spelt `new URL('./name', import.meta.url)`, which bundlers look for
 * and then copy the file. `import`: the same at run time, but spelt so that bundlers leave it alone. `script` and
 * `require`: for what is no module.
 */
const addresses = {
  bundler: { flags: [] },
  import: { flags: ['--define:import.meta.url=apusAddress', '--banner:js=const apusAddress = import.meta.url;'] },
  script: {
    banner: 'var ort;',
    flags: ['--define:import.meta.url=apusAddress', `--inject:${path.join(here, 'address/script.js')}`],
  },
  require: { flags: ['--define:import.meta.url=apusAddress', `--inject:${path.join(here, 'address/require.js')}`] },
};

/** Every form in which a source file is shipped. It is built once and then copied to the names of the other stems. */
const bundles = [
  { entry: 'index', stems: stems.slice(0, -1), suffix: '.bundle.min.mjs', format: 'esm', address: 'bundler' },
  { entry: 'index', stems, suffix: '.min.mjs', format: 'esm', address: 'import' },
  { entry: 'index', stems, suffix: '.mjs', format: 'esm', address: 'import' },
  { entry: 'index-script', stems, suffix: '.min.js', format: 'iife', address: 'script' },
  { entry: 'index-script', stems, suffix: '.js', format: 'iife', address: 'script' },
  { entry: 'index-node', stems: ['ort.node'], suffix: '.min.mjs', format: 'esm', address: 'bundler' },
  { entry: 'index-node', stems: ['ort.node'], suffix: '.min.js', format: 'cjs', address: 'require' },
  { entry: 'worker', stems: ['ort-wasm-worker'], suffix: '.mjs', format: 'esm', address: 'bundler', minify: true },
];

/** The script that defines `ort` is also good for `require`. */
const underCommonJS = 'if (typeof module === "object" && typeof exports === "object") module.exports = ort;';

/** Says which files belong together: scripts, worker and wasm of one build have it in common. */
function buildId(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/**
 * Comments that make bundlers leave an `import()` alone. esbuild drops them, so they go through it as a text that is
 * added to the address; it becomes comments of the same length, so that the source map holds.
 */
const comments = '* webpackIgnore: true *//* @vite-ignore *';
const withComments = (script) =>
  script.replace(`"${comments}" +`, `/${comments}/  `).replace(`"${comments}"+`, `/${comments}/ `);

const run = promisify(execFile);
const esbuild = (...flags) => run('esbuild', ['--bundle', '--target=es2022', '--log-level=warning', ...flags]);

/** The short names of internal properties, as esbuild finds them in all the sources: nothing else there has them. */
async function shortNames() {
  const cache = path.join(dist, 'names.json');
  const all = path.join(dist, 'all.js');
  writeFileSync(cache, '{}');
  writeFileSync(all, `import '../src/index-node.js'; import '../src/worker.js';`);
  const out = path.join(dist, 'all.out.js');
  await esbuild(all, `--outfile=${out}`, '--format=esm', ...mangling, `--mangle-cache=${cache}`);
  const names = readFileSync(cache);
  for (const file of ['all.js', 'all.out.js', 'names.json']) rmSync(path.join(dist, file));
  return names;
}

const mangling = [`--mangle-props=^(${internalNames.join('|')})$`];

/** What index.js exports. */
const exported = readFileSync(path.join(source, 'index.js'), 'utf8').match(/(?<=^ {2})\w+(?=,$)/gm);

/** Minifies a script of esbuild's and its source map in place; terser is the better at it, and knows the map. */
async function minified(file, format) {
  const map = `content='${file}.map',includeSources,url='${path.basename(file)}.map'`;
  const compress = 'passes=6,unsafe,unsafe_arrows,unsafe_methods,unsafe_proto,pure_getters';
  const flags = ['--ecma', '2022', '--compress', compress, '--format', 'wrap_func_args=false,ascii_only'];
  // ASCII, since a script that is no module is read in the charset of its page.
  // Exported names stay as they are: then the list of them is twice the same text, and classes are called by theirs.
  flags.push('--mangle', `reserved=[${exported}]`);
  if (format !== 'iife') flags.push(format === 'esm' ? '--module' : '--toplevel');
  // Debian's libraries are where Debian's own Node looks for them.
  const env = { ...process.env, NODE_PATH: '/usr/share/nodejs' };
  await run('terser', [file, ...flags, '--source-map', map, '--output', file], { env });
}

/** Puts lines in front of a script, and of its source map. */
function addBanner(file, banner) {
  writeFileSync(file, `${banner}\n${withComments(readFileSync(file, 'utf8')).trimEnd()}\n`);
  const map = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
  map.mappings = ';'.repeat(banner.split('\n').length) + map.mappings;
  writeFileSync(`${file}.map`, JSON.stringify(map));
}

/** Builds the first name of a bundle, with its source map, and returns that name. */
async function bundle(row, build, names) {
  const { entry, stems: [stem], suffix, format, address, minify = suffix.includes('.min.') } = row;
  const { flags, banner = '' } = addresses[address];
  const name = stem + suffix;
  const file = path.join(dist, name);
  const cache = path.join(dist, `${name}.names`);
  writeFileSync(cache, names);
  await esbuild(
    path.join(source, `${entry}.js`),
    '--sourcemap',
    `--format=${format}`,
    `--outfile=${file}`,
    ...mangling,
    `--mangle-cache=${cache}`,
    `--define:apusBuild="${build}"`,
    `--define:apusComments="${comments}"`,
    ...(minify ? ['--minify-syntax'] : []),
    ...flags,
    ...(format === 'iife' ? [`--footer:js=${underCommonJS}`] : []),
  );
  rmSync(cache);
  if (minify) await minified(file, format);
  addBanner(file, `/*! apus ${version}, Apache-2.0 */${banner}`);
  return name;
}

/** Copies a script under the names of the other stems, each with a source map of its own name. */
function copyUnderOtherNames(built, { stems: others, suffix }) {
  const script = readFileSync(path.join(dist, built), 'utf8');
  const map = readFileSync(path.join(dist, `${built}.map`));
  for (const stem of others.slice(1)) {
    const copy = stem + suffix;
    writeFileSync(path.join(dist, copy), script.replace(`sourceMappingURL=${built}.`, `sourceMappingURL=${copy}.`));
    writeFileSync(path.join(dist, `${copy}.map`), map);
  }
}

const count = (number) => number.toLocaleString('en');

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const sources = readdirSync(source).sort().map((file) => path.join(source, file));
const build = buildId([...sources, ...wasmFiles]);
const names = await shortNames();
for (const built of await Promise.all(bundles.map((row) => bundle(row, build, names)))) {
  copyUnderOtherNames(built, bundles.find(({ stems: [stem], suffix }) => stem + suffix === built));
  const script = readFileSync(path.join(dist, built));
  console.log(`${built} ${count(script.length)} bytes, gzip ${count(gzipSync(script).length)}`);
}
for (const file of wasmFiles) {
  const bytes = stamp(readFileSync(file));
  writeFileSync(path.join(dist, path.basename(file)), bytes);
  console.log(`${path.basename(file)} ${count(bytes.length)} bytes, build ${build}`);
}
// In dist, unlike in src, .js is CommonJS and .mjs a module, as the names of the reference's files have it. Bundlers
// ask the nearest package.json whether what is not used can be left out.
writeFileSync(path.join(dist, 'package.json'), '{ "type": "commonjs", "sideEffects": false }\n');
cpSync(path.join(here, 'types'), path.join(dist, 'types'), { recursive: true });
