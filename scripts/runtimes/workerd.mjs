import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Cloudflare gives an isolate. workerd does not enforce it, so its process is measured. */
const memoryLimit = 128 * 2 ** 20;

/** Process ids of the children of this process. */
const children = () =>
  readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').trim().split(/\s+/).filter(Boolean),
  );

/** Bytes of a line of /proc/<pid>/status, such as `VmRSS`. */
const memoryOf = (pid, line) =>
  1024 * Number(new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

/** workerd by miniflare, with precompiled modules. */
export const workerdRuntime = async (project) => {
  const { Miniflare } = await import('miniflare');
  const folder = join(project, 'bundles/worker');
  const before = new Set(children());
  const modules = readdirSync(folder).map((name) => ({
    type: name.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
    path: join(folder, name),
  }));
  modules.sort((a, b) => (a.type < b.type ? 1 : -1)); // the first is the worker
  const miniflare = new Miniflare({ modules, modulesRoot: folder, compatibilityDate: '2026-04-01' });
  try {
    await miniflare.dispatchFetch('http://worker/idle');
    const pid = children().find((one) => !before.has(one));
    const idle = memoryOf(pid, 'VmHWM');
    const response = await miniflare.dispatchFetch('http://worker/run');
    if (!response.ok) throw new Error(`the worker answers ${response.status}: ${await response.text()}`);
    const outcomes = await response.json();
    // Resident pages of the whole process, the compiler's among them: more than what the platform counts.
    const grown = memoryOf(pid, 'VmHWM') - idle;
    const note = `${Math.round(grown / 2 ** 20)} MB more than idle, 128 allowed`;
    outcomes.push({ check: 'memory', result: grown <= memoryLimit ? 'ok' : 'failed', note });
    const { version } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../node_modules/workerd/package.json'), 'utf8'),
    );
    return { title: `workerd ${version}`, outcomes };
  } finally {
    await miniflare.dispose();
  }
};
