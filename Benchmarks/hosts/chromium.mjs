// The benchmark in Chromium: node chromium.mjs JOB prints one line of JSON; jobs are those of node.mjs. Each has a
// browser of its own, and an isolated page of the server that the browser tests have.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser } from '../../js-shim/test/browsers/browser.mjs';
import { isolated } from '../../js-shim/test/browsers/pages.mjs';
import { Site } from '../../js-shim/test/browsers/site.mjs';
import { peerAt } from '../runtimes.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Longer than any job. */
const limitSeconds = 900;

const job = JSON.parse(process.argv[2]);

/** What a driver of a peer takes of Node. */
const imports = Object.fromEntries(
  ['fs', 'path', 'url'].map((name) => [`node:${name}`, '/project/Benchmarks/hosts/builtins.js']));

const wasmIn = (folder) => fs.readdirSync(folder).filter((name) => name.endsWith('.wasm'));

/** The largest high-water mark of the processes that hold pages, in MB. */
function memory(browser) {
  const marks = browser.processes().map((pid) => {
    try {
      const isPage = fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=renderer');
      return isPage ? Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024 : 0;
    } catch {
      return 0;
    }
  });
  return Math.max(...marks);
}

async function inPage() {
  const peer = job.peer && peerAt(job.peer, 'page');
  const given = {
    ...job,
    model: job.model && `/measured/${path.basename(job.model)}`,
    peer: peer && { ...peer, folder: '/peer/', wasm: peer.isDriver ? wasmIn(peer.folder) : [] },
  };
  const text = (value) => JSON.stringify(value).replaceAll('<', '\\u003c');
  const head = `<script type="importmap">${text({ imports })}</script>` +
    `<script type="application/json" id="job">${text(given)}</script>`;
  const page = { file: '../project/Benchmarks/hosts/page', headers: isolated, head };
  const site = new Site([page], {}, {
    '/project/': root,
    ...(job.model && { '/measured/': path.dirname(path.resolve(job.model)) }),
    ...(peer && { '/peer/': peer.folder }),
  });
  await site.open();
  const browser = openBrowser('chromium', `${site.origin()}/page/0`);
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${limitSeconds} s`)), 1000 * limitSeconds);
      browser.exited.then((said) => reject(new Error(said)));
      site.on('report', ({ name, message, note }) => {
        if (message) reject(new Error(message));
        else if (name === job.kind) resolve({ ...JSON.parse(note), memory: memory(browser) });
      });
    });
  } finally {
    clearTimeout(timer);
    await browser.end();
    site.close();
  }
}

function about() {
  const said = execFileSync('chromium', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return { version: /[\d.]+/.exec(said)[0] };
}

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const answer = async () => (job.kind === 'about' ? about() : inPage());
console.log(JSON.stringify(await answer().catch((error) => ({ error: String(error?.message ?? error) }))));
