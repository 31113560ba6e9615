// The server that pages, bundles and models come from, on three ports: the pages' own, one whose files every page may
// read, and one whose files no page of another origin may.
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const wasmName = 'ort-wasm-simd-threaded.wasm';
const workerName = 'ort-wasm-worker.mjs';
const untyped = 'application/octet-stream';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
  '.onnx': untyped,
  '.bin': untyped,
};

const foreignWasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** What a server answers by mistake: `[type, bytes]`, or nothing for 404. */
const missing = () => undefined;
const html = () => [types['.html'], '<!doctype html><title>An application of one page</title>'];

/** Folders that hold what dist/ holds, but for one file. */
const mistakes = {
  '/missing/': { [wasmName]: missing },
  '/html/': { [wasmName]: html },
  '/foreign/': { [wasmName]: () => [types['.wasm'], foreignWasm] },
  '/foreign-untyped/': { [wasmName]: () => [untyped, foreignWasm] },
  '/cut/': { [wasmName]: () => [types['.wasm'], readFileSync(dist + wasmName).subarray(0, 5000)] },
  '/untyped/': { [wasmName]: () => [untyped, readFileSync(dist + wasmName)] },
  '/missing-worker/': { [workerName]: missing },
  '/html-worker/': { [workerName]: html },
  '/other-worker/': { [workerName]: () => [types['.mjs'], 'export const build = "old";'] },
};

/**
 * Emits `open` with the number of the page asked for, and `begin` and `report` with what it posted.
 */
export class Site extends EventEmitter {
  #cases;
  #pages;
  #folders;
  #servers = [];
  #current;

  /**
   * @param {import('./pages.mjs').Page[]} pages
   * @param {Record<string, import('./cases.mjs').Case>} cases  by name
   * @param {Record<string, string>} folders  what else is served, by prefix
   */
  constructor(pages, cases, folders) {
    super();
    this.#pages = pages;
    this.#cases = cases;
    this.#folders = { '/dist/': dist, '/elsewhere/': dist, ...folders };
  }

  async open() {
    for (const kind of ['own', 'cors', 'closed']) {
      const server = createServer((request, response) => this.#serve(kind, request, response));
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      this.#servers.push(server);
    }
  }

  /** Localhost by name: only that is a secure context without TLS in every browser. */
  origin(index = 0) {
    return `http://localhost:${this.#servers[index].address().port}`;
  }

  close() {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #serve(kind, request, response) {
    const { pathname } = new URL(request.url, 'http://localhost');
    response.setHeader('cache-control', 'no-store');
    if (kind === 'cors') response.setHeader('access-control-allow-origin', '*');
    if (kind === 'own' && request.method === 'POST') return this.#take(pathname, request, response);
    if (kind === 'own' && pathname.startsWith('/page/')) return this.#openPage(Number(pathname.slice(6)), response);
    for (const [name, value] of Object.entries(this.#current?.headers ?? {})) response.setHeader(name, value);
    const found = this.#find(pathname);
    if (!found) return response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
    const [type, content] = found;
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(content) }).end(content);
  }

  #openPage(number, response) {
    const page = (this.#current = this.#pages[number]);
    this.emit('open', number);
    response.writeHead(200, { ...page?.headers, 'content-type': types['.html'] }).end(page ? this.#pageOf(page) : '');
  }

  #pageOf({ file, head = '' }) {
    const data = `data-file="${file}" data-cors="${this.origin(1)}" data-closed="${this.origin(2)}"`;
    return `<!doctype html><html ${data}><meta charset="utf-8"><title>${file}</title>${head}
<script type="module" src="/support/check.js"></script>`;
  }

  #take(pathname, request, response) {
    let text = '';
    request.setEncoding('utf8').on('data', (part) => (text += part));
    request.on('end', () => {
      response.writeHead(204).end();
      this.emit(pathname.slice(1), JSON.parse(text));
    });
  }

  /** @returns {[string, string | Uint8Array] | undefined} type and content */
  #find(pathname) {
    if (pathname.startsWith('/models/')) return this.#findModel(pathname.slice(8));
    for (const [folder, instead] of Object.entries(mistakes)) {
      if (!pathname.startsWith(folder)) continue;
      const name = pathname.slice(folder.length);
      return instead[name] ? instead[name]() : fileIn(dist, name);
    }
    for (const [prefix, folder] of Object.entries(this.#folders)) {
      if (pathname.startsWith(prefix)) return fileIn(folder, pathname.slice(prefix.length));
    }
    return fileIn(here, pathname.slice(1));
  }

  #findModel(name) {
    const [, model, kind] = /^([\w-]+)\.(onnx|json|weights)$/.exec(name) ?? [];
    const found = this.#cases[model];
    if (!found) return undefined;
    const { bytes, weights, ...rest } = found;
    if (kind === 'json') return [types['.json'], JSON.stringify(rest)];
    const content = kind === 'onnx' ? bytes : weights;
    return content && [untyped, content];
  }
}

function fileIn(folder, name) {
  const file = path.join(folder, name);
  const type = types[path.extname(file)];
  if (!file.startsWith(folder) || !type) return undefined;
  try {
    return [type, readFileSync(file)];
  } catch {
    return undefined;
  }
}
