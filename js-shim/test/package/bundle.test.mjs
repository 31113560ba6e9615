// Programs bundled with esbuild and with webpack, which must find the wasm file and the worker file.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { hosts, installedAs, program, run, useOf, webpackFolder } from './support.mjs';

const wasm = 'ort-wasm-simd-threaded.wasm';
const worker = 'ort-wasm-worker.mjs';
const sum = "await (await import('node:fs/promises')).readFile(process.argv[2])";

// Prints first, so that a worker that started the program again would be seen.
const started = "console.log('started');";
const folder = program(installedAs('onnxruntime-web', 'apus'), {
  'main.mjs': `
    import * as ort from 'onnxruntime-web';
    ${started}
    const [flag, value] = process.argv[3].split('=');
    ort.env.wasm[flag] = JSON.parse(value);
    ${useOf('ort', sum)}
    console.log(flag, ort.env.wasm[flag]);`,
  // Node's fetch knows no files; a page's server would serve them.
  'fetching.mjs': `
    import { readFile } from 'node:fs/promises';
    globalThis.fetch = async (address) => new Response(await readFile(new URL(address)));
    await import(process.argv.splice(2, 1)[0]);`,
  'unused.mjs': "import * as ort from 'onnxruntime-web'; import { Tensor } from 'onnxruntime-web/wasm'; console.log('nothing');",
  'several.mjs': `
    import { InferenceSession } from 'onnxruntime-web/webgpu';
    import { Tensor } from 'onnxruntime-web/common';
    import ort from 'onnxruntime-web';
    console.log(ort.Tensor === Tensor, InferenceSession === ort.InferenceSession);`,
});
const installed = path.join(folder, 'node_modules/onnxruntime-web/dist');

const esbuild = (entry, out, ...flags) =>
  execFileSync('esbuild', [entry, '--bundle', '--format=esm', `--outfile=${out}`, '--log-level=warning', ...flags], {
    cwd: folder,
  });

/** What a user of esbuild copies beside the bundle. */
const copyFiles = (out) => {
  for (const file of [wasm, worker].filter((file) => existsSync(path.join(installed, file)))) {
    copyFileSync(path.join(installed, file), path.join(folder, out, file));
  }
};

/** Runs the bundle with and without workers, whose number is what was asked for only where they did start. */
function runsOnce(host, ...script) {
  for (const [flag, value] of [['numThreads', 1], ['numThreads', 2], ['proxy', true]]) {
    const lines = run(host, folder, ...script, 'sum.onnx', `${flag}=${value}`);
    assert.deepEqual(lines, ['started', '[4,6]', `${flag} ${value}`], host.name);
  }
}

for (const platform of ['node', 'browser']) {
  test(`esbuild for ${platform}: the program runs with the wasm file beside it, once`, () => {
    const out = `esbuild-${platform}`;
    esbuild('main.mjs', `${out}/main.mjs`, `--platform=${platform}`, '--external:node:*');
    copyFiles(out);
    for (const host of hosts) {
      runsOnce(host, 'fetching.mjs', `./${out}/main.mjs`);
    }
  });

  test(`esbuild for ${platform}: what is not used leaves nothing behind`, () => {
    esbuild('unused.mjs', 'unused.out.mjs', `--platform=${platform}`);
    assert.doesNotMatch(readFileSync(path.join(folder, 'unused.out.mjs'), 'utf8'), /apus|InferenceSession/);
  });

  test(`esbuild for ${platform}: a program that imports several subpaths has one implementation`, () => {
    esbuild('several.mjs', 'several.out.mjs', `--platform=${platform}`, '--minify');
    const bytes = (file) => readFileSync(file).length;
    assert.ok(bytes(path.join(folder, 'several.out.mjs')) < 1.2 * bytes(path.join(installed, 'ort.bundle.min.mjs')));
    assert.deepEqual(run(hosts[0], folder, 'several.out.mjs'), ['true true']);
  });
}

test('esbuild: the condition onnxruntime-web-use-extern-wasm gives the form that bundlers leave alone', () => {
  const address = /new URL\(\s*"\.\/ort-wasm-simd-threaded\.wasm",\s*import\.meta\.url/;
  esbuild('main.mjs', 'intern.mjs', '--external:node:*');
  esbuild('main.mjs', 'extern.mjs', '--external:node:*', '--conditions=onnxruntime-web-use-extern-wasm');
  assert.match(readFileSync(path.join(folder, 'intern.mjs'), 'utf8'), address);
  assert.doesNotMatch(readFileSync(path.join(folder, 'extern.mjs'), 'utf8'), address);
});

test('esbuild: an alias puts it in the place of another package, subpaths as well', () => {
  esbuild('main.mjs', 'alias/main.mjs', '--platform=node', '--alias:onnxruntime-web=apus');
  copyFiles('alias');
  runsOnce(hosts[0], 'alias/main.mjs');
  esbuild('several.mjs', 'alias/several.mjs', '--platform=node', '--alias:onnxruntime-web=apus');
  for (const name of ['main', 'several']) {
    const bundle = readFileSync(path.join(folder, `alias/${name}.mjs`), 'utf8');
    assert.match(bundle, /node_modules\/apus\//);
    assert.doesNotMatch(bundle, /node_modules\/onnxruntime-web/);
  }
});

/** Runs webpack in a Node of its own, which is made to look like Debian's: there webpack asks where modules lie. */
function webpack(configuration) {
  const script = `
    const root = ${JSON.stringify(webpackFolder)};
    const variables = { ...process.config.variables, node_prefix: root, node_relative_path: 'share/nodejs' };
    Object.defineProperty(process, 'config', { value: { ...process.config, variables } });
    require(root + '/share/nodejs/webpack')(${JSON.stringify({ mode: 'production', context: folder, ...configuration })},
      (error, stats) => {
        if (error) throw error;
        if (stats.hasErrors()) throw new Error(stats.toString());
      });`;
  const NODE_PATH = path.join(webpackFolder, 'share/nodejs');
  execFileSync(hosts[0].command, ['-e', script], { env: { ...process.env, NODE_PATH }, stdio: ['ignore', 'ignore', 'inherit'] });
}

test('webpack: emits the wasm file, and the program runs with it, once', () => {
  const out = path.join(folder, 'webpack');
  webpack({
    entry: './main.mjs',
    target: 'node',
    output: { path: out, filename: 'main.mjs', module: true, chunkFormat: 'module' },
    experiments: { outputModule: true, topLevelAwait: true },
  });
  const emitted = readdirSync(out).filter((name) => name.endsWith('.wasm'));
  assert.equal(emitted.length, 1);
  assert.deepEqual(readFileSync(path.join(out, emitted[0])), readFileSync(path.join(installed, wasm)));
  runsOnce(hosts[0], 'webpack/main.mjs');
});

test('webpack for the web: emits the wasm file; with an alias as well', () => {
  for (const [name, alias] of Object.entries({ 'onnxruntime-web': {}, apus: { 'onnxruntime-web': 'apus' } })) {
    const out = path.join(folder, 'webpack-web', name);
    const output = { path: out, pathinfo: true };
    webpack({ entry: './several.mjs', target: 'web', resolve: { alias }, output, optimization: { minimize: false } });
    assert.equal(readdirSync(out).filter((file) => file.endsWith('.wasm')).length, 1);
    assert.match(readFileSync(path.join(out, 'main.js'), 'utf8'), new RegExp(`/node_modules/${name}/dist/ort\\.bundle`));
  }
});
