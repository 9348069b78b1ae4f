// Hosts as network namespaces behind one bridge, for work with a cut. Who calls it: tasks-elsewhere.mjs, and run.mjs for
// whether this machine has them. Invariant: the machine's own network has no part in it; what a run that was killed has
// left over the next one takes away.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const prefix = 'skein-bench-';
const subnet = '10.78.0';

/** Why there are none here; undefined: there are. */
export function namespacesProblem() {
  try {
    if (process.getuid?.() !== 0) return 'network namespaces need root';
    openNetwork(1).close();
    return undefined;
  } catch (error) {
    return `no network namespaces here: ${error.message.trim().split('\n').at(-1)}`;
  }
}

/** @throws Error where it cannot be made. */
export function openNetwork(hosts) {
  removeLeftOver();
  const own = `${prefix}${process.pid}-`;
  const bridge = `${own}bridge`;
  const nameOf = (host) => `${own}${host}`;
  const close = () => {
    for (const name of named(own)) ip('netns', 'del', name);
  };
  try {
    ip('netns', 'add', bridge);
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (let host = 0; host < hosts; host++) {
      const name = nameOf(host);
      ip('netns', 'add', name);
      const peer = ['peer', 'name', `port${host}`, 'netns', bridge];
      ip('-n', name, 'link', 'add', 'eth0', 'type', 'veth', ...peer);
      ip('-n', bridge, 'link', 'set', `port${host}`, 'master', 'br0', 'up');
      ip('-n', name, 'addr', 'add', `${addressOf(host)}/24`, 'brd', '+', 'dev', 'eth0');
      for (const link of ['lo', 'eth0']) ip('-n', name, 'link', 'set', link, 'up');
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    addressOf,
    /** What starts a program there: for `fork`. */
    inside: (host) => ({
      execPath: 'ip',
      execArgv: ['netns', 'exec', nameOf(host), process.execPath],
    }),
    /** Nothing comes to this host or from it any more. */
    cutOff: (host) => ip('-n', bridge, 'link', 'set', `port${host}`, 'down'),
    close,
  };
}

function addressOf(host) {
  return `${subnet}.${host + 1}`;
}

function removeLeftOver() {
  for (const name of named(prefix)) {
    const [pid] = name.slice(prefix.length).split('-');
    if (!existsSync(`/proc/${pid}`)) ip('netns', 'del', name);
  }
}

function named(start) {
  const names = ip('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0]);
  return names.filter((name) => name.startsWith(start));
}

function ip(...words) {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
