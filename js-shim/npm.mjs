import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';

/** The npm that comes with the Node that runs this; Debian's `nodejs` has none, that of `make` has one. */
const command = path.join(path.dirname(realpathSync(process.execPath)), '../lib/node_modules/npm/bin/npm-cli.js');

/**
 * Runs npm without the network and returns what it prints.
 * @param {string[]} args
 * @param {string} folder  where to run it
 */
export const npm = (args, folder) =>
  execFileSync(process.execPath, [command, ...args, '--silent', '--offline', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8',
  });
