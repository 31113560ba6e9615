// The benchmark's chart, as SVG: bars of peer time / our time on a logarithmic scale, from 1 to the right where ours is
// faster and to the left where it is slower; a panel for each host. Where no peer was there, bars are milliseconds.
import { geomean } from './statistics.mjs';
import { hostTitle, number, peerOf } from './report.mjs';

/**
 * @typedef {object} Panel
 * @property {string} title
 * @property {string} axis  what the bars are
 * @property {number} [reference]  where bars begin; without it, at the low end of the scale
 * @property {string[]} series
 * @property {{ name: string, values: (number | undefined)[], isMean?: boolean }[]} rows  a value for each series
 */

const width = 780;
const left = 190, right = 60;
const bar = 13, gap = 9;
const style = `
  .paper { fill: #ffffff } .ink { fill: #1f2328 } .faint { fill: #59636e } .line { stroke: #d1d9e0 }
  .reference { stroke: #1f2328 } .s0 { fill: #1f6feb } .s1 { fill: #bc5c00 } .s2 { fill: #1a7f37 } .s3 { fill: #8250df }
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif } .title { font-weight: 600; font-size: 14px }
  .mean { font-weight: 600 } .end { text-anchor: end } .middle { text-anchor: middle }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .ink { fill: #e6edf3 } .faint { fill: #9198a1 } .line { stroke: #3d444d }
    .reference { stroke: #e6edf3 }
    .s0 { fill: #58a6ff } .s1 { fill: #f0883e } .s2 { fill: #3fb950 } .s3 { fill: #bc8cff }
  }`;

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text) => String(text).replace(/[&<>"]/g, (character) => entities[character]);
const element = (name, attributes, ...children) => {
  const given = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${escaped(typeof value === 'number' ? Math.round(value * 100) / 100 : value)}"`);
  return children.length ? `<${name}${given.join('')}>${children.join('')}</${name}>` : `<${name}${given.join('')}/>`;
};
const text = (x, y, kind, said) => element('text', { x, y, class: kind }, escaped(said));

/** Powers of two that hold all values; at least one doubling. */
export function scaleOf(values, reference) {
  const held = reference === undefined ? values : [...values, reference];
  const low = 2 ** Math.floor(Math.log2(Math.min(...held)));
  const high = 2 ** Math.ceil(Math.log2(Math.max(...held)));
  const end = high > low ? high : 2 * low;
  const ticks = Array.from({ length: Math.log2(end / low) + 1 }, (_, i) => low * 2 ** i);
  const at = (value) => left + ((width - left - right) * Math.log2(value / low)) / Math.log2(end / low);
  return { ticks, at };
}

/** @param {Panel} panel */
function drawn({ title, axis, reference, series, rows }, { ticks, at }, top) {
  const rowHeight = series.length * bar + gap;
  const body = top + 62;
  const bottom = body + rows.length * rowHeight;
  const base = at(reference ?? ticks[0]);
  const out = [
    text(16, top + 20, 'title ink', title),
    text(16, top + 40, 'faint', axis),
    ...series.flatMap((name, i) => {
      const x = width - right - 90 * (series.length - i);
      return [
        element('rect', { x, y: top + 30, width: 10, height: 10, class: `s${i}` }),
        text(x + 15, top + 40, 'ink', name),
      ];
    }),
    ...ticks.flatMap((tick) => [
      element('line', { x1: at(tick), x2: at(tick), y1: body - 6, y2: bottom, class: 'line' }),
      text(at(tick), bottom + 16, 'faint middle', Number(tick.toPrecision(3))),
    ]),
  ];
  rows.forEach(({ name, values: own, isMean }, row) => {
    const y = body + row * rowHeight;
    if (isMean) out.push(element('line', { x1: 16, x2: width - 16, y1: y - gap / 2, y2: y - gap / 2, class: 'line' }));
    out.push(text(left - 12, y + (series.length * bar) / 2 + 4, `end ink${isMean ? ' mean' : ''}`, name));
    own.forEach((value, i) => {
      if (value === undefined) return;
      const end = at(value);
      out.push(
        element('rect', {
          x: Math.min(base, end),
          y: y + i * bar,
          width: Math.max(1, Math.abs(end - base)),
          height: bar - 1,
          class: `s${i}`,
        }),
        text(Math.max(base, end) + 4, y + (i + 1) * bar - 2, `ink${isMean ? ' mean' : ''}`, number(value)),
      );
    });
  });
  if (reference !== undefined) {
    out.push(element('line', { x1: base, x2: base, y1: body - 6, y2: bottom, class: 'reference' }));
  }
  return { markup: out.join('\n'), bottom: bottom + 30 };
}

/** @param {Panel[]} panels  on one scale, so that bars of different panels can be compared */
export function chart(title, panels) {
  const values = panels.flatMap(({ rows }) => rows.flatMap((row) => row.values)).filter((value) => value !== undefined);
  const scale = scaleOf(values, panels[0].reference);
  let [top, parts] = [8, []];
  for (const panel of panels) {
    const { markup, bottom } = drawn(panel, scale, top);
    parts.push(markup);
    top = bottom;
  }
  const said = panels.map((panel) => {
    const told = (value, i) => `${value === undefined ? 'none' : number(value)} (${panel.series[i]})`;
    const each = panel.rows.map(({ name, values }) => `${name} ${values.map(told).join(', ')}`);
    return `${panel.title}. ${panel.axis}: ${each.join('; ')}.`;
  });
  const head = {
    xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${top}`, width, height: top, role: 'img',
    'aria-labelledby': 'title desc',
  };
  return `${element('svg', head,
    `\n${element('title', { id: 'title' }, escaped(title))}`,
    `\n${element('desc', { id: 'desc' }, escaped(said.join(' ')))}`,
    `\n<style>${style}\n</style>`,
    `\n${element('rect', { width, height: top, class: 'paper' })}\n`,
    `${parts.join('\n')}\n`,
  )}\n`;
}

/** The panels of the benchmark's results: the hosts where a peer was; else all, in milliseconds. */
export function panelsOf(results) {
  const hosts = ['node', 'chromium', 'native'].filter((host) => results.rows.some((row) => row.host === host));
  const compared = hosts.filter((host) => results.rows.some((row) => row.host === host && row.ratio !== undefined));
  return (compared.length ? compared : hosts).map((host) => {
    const rows = results.rows.filter((row) => row.host === host);
    const threads = [...new Set(rows.map((row) => row.threads))].sort((a, b) => a - b);
    const valueOf = (row) => (compared.length ? row?.ratio : row?.ours?.median);
    const models = [...new Set(rows.map((row) => row.model))].map((name) => ({
      name,
      values: threads.map((count) => valueOf(rows.find((row) => row.model === name && row.threads === count))),
    }));
    const mean = (_, i) => {
      const known = models.map(({ values }) => values[i]).filter((value) => value !== undefined);
      return known.length ? geomean(known) : undefined;
    };
    return {
      title: hostTitle(results, host),
      axis: compared.length ? `times as fast as ${peerOf(results, host)}` : 'milliseconds a run',
      ...(compared.length && { reference: 1 }),
      series: threads.map((count) => `${count} thread${count > 1 ? 's' : ''}`),
      rows: [...models, { name: 'geometric mean', values: threads.map(mean), isMean: true }],
    };
  });
}
