// Holds the declarations of the packed file against programs: what must compile does, and a line below a comment
// `// expect TS1234` gives that error and no line gives another.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installedAs, program, write } from '../package/support.mjs';

const cases = fileURLToPath(new URL('cases/', import.meta.url));
const read = (name) => readFileSync(path.join(cases, name), 'utf8');
const folder = program(installedAs('onnxruntime-web', 'onnxruntime-node', 'onnxruntime-common'));
const common = readdirSync(cases).filter((name) => name.endsWith('.ts'));

const strict = { strict: true, noEmit: true, skipLibCheck: false, target: 'es2022', types: [], lib: ['es2022', 'dom'] };
const node16 = { ...strict, module: 'node16' };
const bundler = { ...strict, module: 'esnext', moduleResolution: 'node' };

/** Compiles these files, `{ name: text }`, and compares the errors with those expected. */
function check(name, options, files) {
  test(name, () => {
    const place = path.join(folder, name.replace(/\W+/g, '-'));
    write(place, { ...files, 'tsconfig.json': { compilerOptions: options, files: Object.keys(files) } });
    const { stdout, error } = spawnSync('tsc', ['--pretty', 'false', '-p', place], { cwd: place, encoding: 'utf8' });
    if (error) throw error;
    const got = stdout.split('\n').filter((line) => /error TS/.test(line));
    const wanted = Object.entries(files).flatMap(([file, text]) =>
      text.split('\n').flatMap((line, i) => {
        const code = /^\s*\/\/ expect (TS\d+)/.exec(line)?.[1];
        return code ? [`${file}(${i + 2}) ${code}`] : [];
      }),
    );
    const short = (line) => line.replace(/^(.*)\((\d+),\d+\): error (TS\d+).*/, '$1($2) $3');
    assert.deepEqual(got.map(short).sort(), wanted.sort(), got.join('\n'));
  });
}

/** The common cases, with another ending of their names. */
const as = (ending) => Object.fromEntries(common.map((name) => [name.replace(/ts$/, ending), read(name)]));

const subpaths = ['', '/all', '/wasm', '/webgl', '/webgpu', '/jspi', '/common', '/node'];
const everySubpath = subpaths
  .map((subpath, i) => `import ort${i}, { Tensor as Tensor${i} } from 'onnxruntime-web${subpath}';`)
  .concat(`export const all: (typeof Tensor0)[] = [${subpaths.map((_, i) => `Tensor${i}, ort${i}.Tensor`)}];`)
  .join('\n');

const ofNode = `
  import { listSupportedBackends } from 'onnxruntime-node';
  import { Tensor } from 'onnxruntime-common';
  import * as ort from 'onnxruntime-node';
  export const names: string[] = listSupportedBackends().map(({ name, bundled }) => (bundled ? name : ''));
  // Tensors of one installed copy are good for another.
  export const run = (session: ort.InferenceSession) => session.run({ x: new Tensor([true]) });`;

const required = `
  import ort = require('onnxruntime-web');
  export const tensor: ort.Tensor = new ort.Tensor([true]);
  export const also: typeof ort.default.env = ort.env;`;

check('modules of Node that import', node16, { ...as('mts'), 'subpaths.mts': everySubpath, 'node.mts': ofNode });

check('modules of Node that require', node16, {
  ...as('cts'),
  'subpaths.cts': everySubpath,
  'node.cts': ofNode,
  'required.cts': required,
});

check('programs for bundlers, and scripts with the global of a script tag', bundler, {
  ...as('ts'),
  'subpaths.ts': everySubpath,
  'node.ts': ofNode,
  'script.ts': `
    /// <reference types="onnxruntime-web" />
    const tensor: ort.Tensor = new ort.Tensor('float32', [1]);
    ort.env.wasm.numThreads = 1;
    // expect TS2339
    ort.nonsense;`,
});

const withoutBrowser = { ...node16, lib: ['es2022'] };
check('programs without the names of browsers', withoutBrowser, {
  'main.mts': `
    import { env, InferenceSession, Tensor } from 'onnxruntime-web';
    const tensor = new Tensor('float32', [1]);
    const session = await InferenceSession.create(new Uint8Array(1));
    await session.run({ tensor }, { signal: { aborted: false, throwIfAborted() {} } });
    env.wasm.wasmPaths = { wasm: 'x' };
    const texture: unknown = tensor.texture;
    // expect TS2769
    await InferenceSession.create({});
    export {};`,
});

// Names that are newer than this compiler, as newer ones declare them.
const newer = `
  interface SymbolConstructor { readonly dispose: unique symbol; readonly asyncDispose: unique symbol }
  interface Disposable { [Symbol.dispose](): void }
  interface AsyncDisposable { [Symbol.asyncDispose](): PromiseLike<void> }
  interface Float16Array { readonly BYTES_PER_ELEMENT: number; readonly half: true }
  declare var Float16Array: { prototype: Float16Array; new (length: number): Float16Array };
  interface GPUBuffer { readonly gpu: true; readonly size: number }
  declare var GPUBuffer: { prototype: GPUBuffer };
  interface GPUDevice { readonly lost: Promise<unknown> }
  declare var GPUDevice: { prototype: GPUDevice };`;
check('names of newer libraries', node16, {
  'newer.d.ts': newer,
  'main.mts': `
    import { env, InferenceSession, Tensor } from 'onnxruntime-web';
    const half = new Tensor('float16', new Float16Array(1));
    const inferred = new Tensor(new Float16Array(1), [1]);
    const disposable: Disposable = half;
    const asyncDisposable: AsyncDisposable = await InferenceSession.create('x');
    const buffer: GPUBuffer = half.gpuBuffer;
    const device: GPUDevice = env.webgpu.device;
    // expect TS2345
    Tensor.fromGpuBuffer({ size: 1 }, { dims: [1] });
    export { inferred, disposable, asyncDisposable, buffer, device };`,
});

/** The names as the members of an object type. */
const zeros = (names) => JSON.stringify(Object.fromEntries(names.map((name) => [name, 0])));
const entries = {
  'onnxruntime-web': 'ort.node.min.mjs',
  '../node_modules/onnxruntime-web/dist/types/index.mjs': 'ort.min.mjs',
};
for (const [declared, script] of Object.entries(entries)) {
  const ort = await import(new URL(`../../dist/${script}`, import.meta.url));
  check(`${script} exports what is declared, and nothing else`, node16, {
    'main.mts': `
      import * as ort from '${declared}';
      import all from '${declared}';
      export const named: Record<keyof typeof ort, 0> = ${zeros(Object.keys(ort))};
      export const inDefault: Record<keyof typeof all, 0> = ${zeros(Object.keys(ort.default))};`,
  });
}

const { InferenceSession, Tensor } = await import(new URL('../../dist/ort.min.mjs', import.meta.url));
const members = {
  Tensor: [...Object.getOwnPropertyNames(Tensor.prototype), ...Object.keys(new Tensor([true]))],
  TensorFactory: Object.getOwnPropertyNames(Tensor),
  InferenceSession: Object.getOwnPropertyNames(InferenceSession.prototype),
  InferenceSessionFactory: Object.getOwnPropertyNames(InferenceSession),
};
check('every member that is declared and not optional is there', node16, {
  'main.mts': `
    import * as ort from 'onnxruntime-web';
    /** The names of members, without optional ones. */
    type Names<T> = { [key in keyof T]-?: key extends string ? (undefined extends T[key] ? never : key) : never }[keyof T];
    ${Object.entries(members).map(([type, names]) => `
      const of${type} = ${zeros(names)};
      export const as${type}: Record<Names<ort.${type}>, number> = of${type};`).join('')}`,
});
