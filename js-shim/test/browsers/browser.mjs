// Starts a browser without a window, in a process group and with a profile of its own, and ends both.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Firefox asks its makers for news, updates and lists unless told not to. */
const firefoxSettings = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.search.update': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.tabs.crashReporting.sendReport': false,
  'datareporting.healthreport.uploadEnabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.max_script_run_time': 0,
  'dom.push.connection.enabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

const chromiumFlags = [
  '--headless=new',
  '--no-sandbox',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-breakpad',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-gpu',
  '--disable-sync',
];

/** The command and arguments that open `address`, by the name of the browser. */
const browsers = {
  chromium: (profile, address) => ['chromium', ...chromiumFlags, `--user-data-dir=${profile}`, address],
  firefox(profile, address) {
    const lines = Object.entries(firefoxSettings).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`);
    writeFileSync(path.join(profile, 'user.js'), `${lines.join('\n')}\n`);
    return ['firefox-esr', '--headless', '--no-remote', '--profile', profile, address];
  },
};

export const browserNames = Object.keys(browsers);

/**
 * @returns {{ exited: Promise<string>, end: () => Promise<void>, processes: () => number[] }} `exited` comes with the
 *   last that the browser said
 */
export function openBrowser(name, address) {
  const profile = mkdtempSync(path.join(tmpdir(), `apus-${name}-`));
  const [command, ...flags] = browsers[name](profile, address);
  const home = { HOME: profile, XDG_CACHE_HOME: profile, XDG_CONFIG_HOME: profile };
  const child = spawn(command, flags, {
    detached: true,
    env: { ...process.env, ...home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-2000)));
  const exited = new Promise((resolve) => {
    child.on('error', (error) => resolve(`${command} did not start: ${error.message}`));
    child.on('exit', (code, signal) => resolve(`${command} ended by ${signal ?? `status ${code}`}\n${said}`));
  });

  const kill = (signal) => {
    try {
      if (child.pid) process.kill(-child.pid, signal);
    } catch {
      // The whole group has ended.
    }
    for (const pid of processesOf(profile)) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended meanwhile.
      }
    }
  };
  const end = async () => {
    process.off('exit', killNow);
    for (let tries = 0; tries < 100; tries++) {
      kill('SIGKILL');
      if (processesOf(profile).length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await exited;
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  const killNow = () => {
    kill('SIGKILL');
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', killNow);
  return { exited, end, processes: () => processesOf(profile) };
}

/** Some of a browser's processes leave its group; all of them have the profile in their command or environment. */
function processesOf(profile) {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(profile));
    } catch {
      return false;
    }
  }).map(Number);
}
