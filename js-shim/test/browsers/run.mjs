// Runs pages.mjs in real browsers: node run.mjs --models FOLDER [--browser NAME]... [PAGE...]
// Other pages may be given by --list FILE, and another limit by --silence SECONDS. With --measured FOLDER the large models
// of that folder are there too, for measured.mjs.
// The server hands out one page after the other; a page runs its checks, reports, and goes on to the next. A page that
// hangs costs its checks and a new start of the browser.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { browserNames, openBrowser } from './browser.mjs';
import { makeCases, measuredCases } from './cases.mjs';
import { Site } from './site.mjs';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

/** A browser that has not asked for its first page after so many seconds will not. */
const startSeconds = 90;

const { values: settings, positionals: wanted } = parseArgs({
  options: {
    browser: { type: 'string', multiple: true, default: browserNames },
    list: { type: 'string', default: fileURLToPath(new URL('pages.mjs', import.meta.url)) },
    models: { type: 'string' },
    measured: { type: 'string' },
    silence: { type: 'string', default: '30' },
  },
  allowPositionals: true,
});
/** A page that has not reported a check for so many seconds hangs. */
const silentSeconds = Number(settings.silence);
const { pages } = await import(pathToFileURL(path.resolve(settings.list)));
const chosen = pages.filter(({ file }) => wanted.length === 0 || wanted.includes(file));
const titles = chosen.map(({ file, as }) => (as ? `${file} (${as})` : file));

/** The application of app/, with what the library fetches beside it. */
function bundle() {
  const folder = mkdtempSync(path.join(tmpdir(), 'apus-app-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const main = fileURLToPath(new URL('app/main.js', import.meta.url));
  const flags = ['--bundle', '--format=esm', '--minify', '--log-level=warning', `--outfile=${folder}/assets/main.js`];
  execFileSync('esbuild', [main, `--alias:onnxruntime-web=${dist}ort.bundle.min.mjs`, ...flags], { stdio: 'inherit' });
  for (const file of ['ort-wasm-simd-threaded.wasm', 'ort-wasm-worker.mjs']) cpSync(dist + file, `${folder}/assets/${file}`);
  return folder;
}

/**
 * Opens the page and those after it in one browser, until the last is done or one hangs.
 * @param {(page: number, name: string, message: string | undefined, milliseconds?: number) => void} tell
 * @returns {Promise<number>} the page to go on with
 */
async function walk(site, browserName, first, tell) {
  const browser = openBrowser(browserName, `${site.origin()}/page/${first}`);
  let page = first;
  let isOpen = false;
  let names;
  let timer;
  try {
    const end = await new Promise((resolve) => {
      const limit = (seconds, message) => {
        clearTimeout(timer);
        timer = setTimeout(() => resolve(message), seconds * 1000);
      };
      const alive = () => limit(silentSeconds, `hung: no word for ${silentSeconds} s`);
      limit(startSeconds, `${browserName} asked for nothing within ${startSeconds} s`);
      browser.exited.then(resolve);
      site.on('open', (number) => {
        if (number >= chosen.length) return resolve(undefined);
        page = number;
        isOpen = true;
        names = undefined;
        alive();
      });
      site.on('begin', (body) => {
        names = body.names;
        alive();
      });
      site.on('report', ({ number, name, message, note, milliseconds }) => {
        names = names.filter((other) => other !== name);
        tell(number, name, message, milliseconds, note);
        alive();
      });
    });
    if (end === undefined) return chosen.length;
    const [current = 'the page loads', ...others] = names ?? [];
    tell(page, current, end);
    for (const name of others) tell(page, name, 'not reached');
    // Where a browser opens nothing there is no use in trying again.
    return isOpen ? page + 1 : chosen.length;
  } finally {
    clearTimeout(timer);
    for (const event of ['open', 'begin', 'report']) site.removeAllListeners(event);
    await browser.end();
  }
}

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const ort = await import(`${dist}ort.node.min.mjs`);
const site = new Site(chosen, {
  ...(await makeCases(ort, path.resolve(settings.models))),
  ...(settings.measured && measuredCases(path.resolve(settings.measured))),
}, { '/app/': bundle() });
await site.open();

/** Every check that was heard of, by page, and in which browsers. */
const heard = new Map(titles.map((title) => [title, new Map()]));
let failures = 0;
const summary = [];
for (const browserName of settings.browser) {
  console.log(`\n${browserName}`);
  const begun = performance.now();
  let [passed, failed, shown] = [0, 0, ''];
  const tell = (page, name, message, milliseconds, note) => {
    const title = titles[page];
    if (title !== shown) console.log(`  ${(shown = title)}`);
    const time = milliseconds === undefined ? '' : ` (${Math.round(milliseconds)} ms)${note ? `: ${note}` : ''}`;
    console.log(message === undefined ? `    ok ${name}${time}` : `    FAILED ${name}${time}: ${message}`);
    if (message === undefined) passed++;
    else failed++;
    const checks = heard.get(title);
    checks.set(name, [...(checks.get(name) ?? []), browserName]);
  };
  for (let page = 0; page < chosen.length; ) page = await walk(site, browserName, page, tell);
  failures += failed;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  summary.push(`${browserName}: ${passed} passed, ${failed} failed, ${seconds} s`);
}

console.log('');
for (const [title, checks] of heard) {
  if (checks.size === 0) checks.set('all of it', []);
  for (const [name, where] of checks) {
    const missing = settings.browser.filter((browserName) => !where.includes(browserName));
    if (missing.length === 0) continue;
    console.log(`MISSING ${title}: ${name}: not heard of in ${missing.join(', ')}`);
    failures++;
  }
}
console.log(summary.join('\n'));
site.close();
process.exitCode = failures > 0 || chosen.length === 0 ? 1 : 0;
