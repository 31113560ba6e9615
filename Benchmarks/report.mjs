// What the benchmark's results (see bench.mjs) are as tables, for a terminal and for docs/performance.md. Nothing is
// measured or read here.
import { geomean } from './statistics.mjs';

/**
 * @typedef {object} Table
 * @property {string} title
 * @property {string[]} header  the first column is a name, the others are numbers
 * @property {string[][]} rows  the last may be of means
 */

/** Three digits that count, and no more than three behind the point. */
export function number(value) {
  if (value === undefined || value === null || Number.isNaN(value)) return '';
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
const ratio = (value) => (value === undefined ? '' : value.toFixed(2));

const hostNames = { node: 'Node', chromium: 'Chromium', native: 'native' };

/** Who stands beside ours on a host, or undefined. */
export const peerOf = (results, host) => results.peers[host === 'native' ? 'native' : 'javascript'];

/** The host with its version and the wasm file that ours took there. */
export function hostTitle({ hosts, wasm, rows }, host) {
  const files = [...new Set(rows.filter((row) => row.host === host && row.wasm).map((row) => row.wasm))];
  const told = files.map((name) => `${name} (${wasm.find(({ file }) => file === name)?.kind ?? 'unknown'})`);
  return [host === 'native' ? 'native' : `${hostNames[host]} ${hosts[host].version}`, ...told].join(', ');
}

const means = (values) => (values.length ? geomean(values) : undefined);
const some = (values) => values.filter((value) => value !== undefined);

/** Milliseconds a run: ours, the peer's, how many times as fast ours is; and two threads beside one. */
export function speedTable(results, host) {
  const rows = results.rows.filter((row) => row.host === host);
  const peer = peerOf(results, host);
  const threads = [...new Set(rows.map((row) => row.threads))].sort((a, b) => a - b);
  const at = (model, count) => rows.find((row) => row.model === model && row.threads === count) ?? {};
  const cells = ({ ours, peer: other, ratio: times, faster }, count) => [
    number(ours?.median),
    ...(peer ? [number(other?.median), ratio(times)] : []),
    ...(count > 1 ? [ratio(faster)] : []),
  ];
  const mean = (count) => {
    const of = (key) => ratio(means(some(rows.filter((row) => row.threads === count).map((row) => row[key]))));
    return ['', ...(peer ? ['', of('ratio')] : []), ...(count > 1 ? [of('faster')] : [])];
  };
  const columns = (count) => [
    `${count} thread${count > 1 ? 's' : ''} ms`,
    ...(peer ? ['peer ms', 'times as fast'] : []),
    ...(count > 1 ? [`${count} threads to 1`] : []),
  ];
  return {
    title: `${hostTitle(results, host)}${peer ? `, beside ${peer}` : ''}`,
    header: ['model', ...threads.flatMap(columns)],
    rows: [
      ...[...new Set(rows.map((row) => row.model))]
        .map((model) => [model, ...threads.flatMap((count) => cells(at(model, count), count))]),
      ['geometric mean', ...threads.flatMap(mean)],
    ],
  };
}

const figures = { create: 'create ms', first: 'first run ms', cold: 'cold start ms', memory: 'peak MB' };

/** What a fresh process pays; the last row is the mean of peer / ours. */
export function freshTable(results, host) {
  const rows = results.fresh.filter((row) => row.host === host);
  const hasPeer = rows.some((row) => row.peer);
  const keys = Object.keys(figures).filter((key) => rows.some((row) => row.ours?.[key] !== undefined));
  const mean = (key) => ratio(means(some(rows.map(({ ours, peer }) => peer && ours && peer[key] / ours[key]))));
  return {
    title: `${hostTitle(results, host)}: a process of its own, 1 thread`,
    header: ['model', ...keys.flatMap((key) => (hasPeer ? [figures[key], 'peer'] : [figures[key]]))],
    rows: [
      ...rows.map(({ model, ours, peer }) =>
        [model, ...keys.flatMap((key) => [number(ours?.[key]), ...(hasPeer ? [number(peer?.[key])] : [])])]),
      ...(hasPeer ? [['peer / ours, geometric mean', ...keys.flatMap((key) => ['', mean(key)])]] : []),
    ],
  };
}

export function growthTables({ growth = {} }) {
  return Object.entries(growth).map(([title, rows]) => ({
    title,
    header: Object.keys(rows[0]),
    rows: rows.map((row) => Object.values(row).map((cell) => (Number.isInteger(cell) ? String(cell) : number(cell)))),
  }));
}

export const kernelTable = ({ kernels: { isFused, kernels } }) => ({
  title: `single kernels beside the peak of 128-bit ${isFused ? 'fused' : 'separate'} multiply-adds`,
  header: ['kernel', 'ms', '10⁹ operations/s', 'share of the peak'],
  rows: kernels.map(({ name, ms, rate, share }) => [name, number(ms), number(rate), `${(100 * share).toFixed(0)} %`]),
});

/** @returns {Record<'speed' | 'fresh' | 'growth' | 'kernels', Table[]>} */
export function tablesOf(results) {
  const on = (list) => Object.keys(hostNames).filter((host) => list.some((row) => row.host === host));
  return {
    speed: on(results.rows).map((host) => speedTable(results, host)),
    fresh: on(results.fresh).map((host) => freshTable(results, host)),
    growth: growthTables(results),
    kernels: results.kernels ? [kernelTable(results)] : [],
  };
}

export function asText({ title, header, rows }) {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  const padded = (cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]));
  const line = (row) => row.map(padded).join('  ').trimEnd();
  return [title, ...[header, ...rows].map(line)].join('\n');
}

export function asMarkdown({ title, header, rows }) {
  const line = (row) => `| ${row.join(' | ')} |`;
  const rule = `|---|${'---:|'.repeat(header.length - 1)}`;
  return [`**${title}**`, '', line(header), rule, ...rows.map(line)].join('\n');
}

/** Where and how it was measured, in sentences. */
export function circumstances({ date, quick, machine, apus, settings, failures = [] }) {
  const { pairs, seconds, rounds } = settings;
  return [
    ...(quick ? ['A quick run, for the form alone: its numbers say nothing.'] : []),
    `Measured on ${date.slice(0, 10)} with Apus ${apus.version} (${apus.commit}) on ${machine.processor}, ` +
      `${machine.cores} cores, ${machine.memory} GB, ${machine.system}; its load was ${machine.load} at the start.`,
    `Each row has a process of its own; medians of ${pairs} turns of ${seconds} s for each side, and of ${rounds} ` +
      'processes for what a fresh process pays.',
    ...(failures.length ? [`Not measured: ${failures.join('; ')}.`] : []),
  ].join(' ');
}
