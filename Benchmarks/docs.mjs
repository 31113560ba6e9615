// Takes a run of the benchmark over into docs/: node docs.mjs [RESULTS]   (default: dist/bench/results.json)
// Writes performance.json, performance.svg, and the parts of performance.md between its markers. With
// --check nothing is written; it fails where performance.md or performance.svg is not what performance.json makes.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chart, panelsOf } from './chart.mjs';
import { asMarkdown, circumstances, tablesOf } from './report.mjs';

/** The title of the chart, here and beside the results. */
export const title = 'Apus beside ONNX Runtime';

/** The page with what is between `<!-- NAME -->` and `<!-- /NAME -->` made anew. */
export function filled(page, results) {
  const shown = Object.entries(tablesOf(results)).map(([name, tables]) => [name, tables.map(asMarkdown).join('\n\n')]);
  const parts = { circumstances: circumstances(results), ...Object.fromEntries(shown) };
  return Object.entries(parts).reduce((text, [name, content]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`docs/performance.md must have ${begin} and, behind it, ${end}`);
    return `${text.slice(0, from + begin.length)}\n${content || 'Not measured.'}\n${text.slice(to)}`;
  }, page);
}

function main() {
  const { values: given, positionals: [source = 'dist/bench/results.json'] } = parseArgs({
    allowPositionals: true,
    options: { check: { type: 'boolean', default: false } },
  });
  const docs = (name) => fileURLToPath(new URL(`../docs/performance.${name}`, import.meta.url));
  const results = JSON.parse(fs.readFileSync(given.check ? docs('json') : source));
  if (results.quick) throw new Error(`docs take a full run, got a quick one in ${source}`);
  const made = {
    json: `${JSON.stringify(results, null, 1)}\n`,
    svg: chart(title, panelsOf(results)),
    md: filled(fs.readFileSync(docs('md'), 'utf8'), results),
  };
  for (const [name, content] of Object.entries(made)) {
    if (!given.check) fs.writeFileSync(docs(name), content);
    else if (fs.readFileSync(docs(name), 'utf8') !== content) {
      throw new Error(`docs/performance.${name} is not that of performance.json: make bench-docs`);
    }
  }
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
