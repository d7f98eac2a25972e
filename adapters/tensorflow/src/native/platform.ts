import { TensorFlowError } from './tensorflow-error.ts';

/** What decides whether a TensorFlow library exists for a system. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
  /** Version of the GNU C library; null on systems with another one (musl) and on other systems. */
  readonly glibc: string | null;
}

/** Of this process. */
export function thisPlatform(): Platform {
  if (process.platform !== 'linux') return { os: process.platform, arch: process.arch, glibc: null };
  // The section about the network asks name servers.
  const report = process.report as unknown as Report;
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  const { glibcVersionRuntime = null } = report.getReport().header;
  report.excludeNetwork = excludeNetwork;
  return { os: process.platform, arch: process.arch, glibc: glibcVersionRuntime };
}

interface Report {
  excludeNetwork: boolean;
  getReport(): { readonly header: { readonly glibcVersionRuntime?: string } };
}

/** Why our build cannot serve on a system; null where it can. */
export function unsupported({ os, arch, glibc }: Platform): string | null {
  if (os !== 'linux') return `its libraries are used on Linux only, this is ${os}`;
  if (arch !== 'x64' && arch !== 'arm64') return `there is no TensorFlow for Linux on ${arch}`;
  if (glibc === null) return 'TensorFlow needs the GNU C library, and this system has another one (musl, as on Alpine)';
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 27)) return `TensorFlow needs glibc 2.27 or newer, this system has ${glibc}`;
  return null;
}

/** Throws a TensorFlowError (UNSUPPORTED_PLATFORM) where our build cannot serve. */
export function requirePlatform(platform: Platform): void {
  const why = unsupported(platform);
  if (why === null) return;
  throw new TensorFlowError(
    'UNSUPPORTED_PLATFORM',
    `TensorFlow cannot be installed here: ${why}.`,
    'Use @selfcure/wasm or @selfcure/webgpu on this system, or a container with glibc (node:20-bookworm).',
  );
}
