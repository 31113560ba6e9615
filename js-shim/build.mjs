// Bundles js-shim/src into js-shim/dist and lays the wasm file beside it: `node js-shim/build.mjs [FILE.wasm]`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { stamp } from './stamp.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const wasm = path.resolve(process.argv[2] ?? path.join(here, '../dist/ort-wasm-simd-threaded.wasm'));
const dist = path.join(here, 'dist');
const { version } = JSON.parse(readFileSync(path.join(here, 'package.json'), 'utf8'));

/** Where a script that is no module finds out where it came from. */
const scriptAddress = {
  node: 'const apusAddress = process.getBuiltinModule("node:url").pathToFileURL(__filename).href;',
  browser:
    'const apusAddress = typeof document === "object" && document.currentScript ? document.currentScript.src : ' +
    'typeof location === "object" ? location.href : undefined;',
};

/** The script that defines `ort` is also good for `require`. */
const underCommonJS = 'if (typeof module === "object" && typeof exports === "object") module.exports = ort;';

/** Every file: its name, for which host, in which format, and whether small or readable. */
const bundles = [
  ['ort.node.min.mjs', 'node', 'esm', true],
  ['ort.node.min.js', 'node', 'cjs', true],
  ['ort.min.mjs', 'browser', 'esm', true],
  ['ort.mjs', 'browser', 'esm', false],
  ['ort.min.js', 'browser', 'iife', true],
  ['ort-wasm-worker.mjs', 'browser', 'esm', true],
];

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
for (const [file, platform, format, minify] of bundles) {
  const isModule = format === 'esm';
  execFileSync(
    'esbuild',
    [
      path.join(here, file.includes('worker') ? 'src/worker.js' : 'src/index.js'),
      '--bundle',
      '--sourcemap',
      '--target=es2022',
      '--log-level=warning',
      `--platform=${platform}`,
      `--format=${format}`,
      `--outfile=${path.join(dist, file)}`,
      `--banner:js=/*! apus ${version}, Apache-2.0 */${isModule ? '' : `\n${scriptAddress[platform]}`}`,
      ...(minify ? ['--minify'] : []),
      ...(format === 'iife' ? ['--global-name=ort', `--footer:js=${underCommonJS}`] : []),
      ...(isModule ? [] : ['--define:import.meta.url=apusAddress']),
    ],
    { stdio: 'inherit' },
  );
}

// In dist, unlike in src, .js is CommonJS and .mjs a module, as the names of the reference's files have it.
writeFileSync(path.join(dist, 'package.json'), '{ "type": "commonjs" }\n');

const bytes = stamp(readFileSync(wasm));
writeFileSync(path.join(dist, path.basename(wasm)), bytes);
const build = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
const sizes = bundles.map(([file]) => {
  const text = readFileSync(path.join(dist, file));
  return `${file} ${text.length.toLocaleString('en')} bytes, gzip ${gzipSync(text).length.toLocaleString('en')}`;
});
console.log([...sizes, `${path.basename(wasm)} ${bytes.length.toLocaleString('en')} bytes, build ${build}`].join('\n'));
