import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

/** The built site behind a server that counts. */
export interface SiteServer {
  /** Address of the page, in a folder of the server. */
  readonly address: string;
  /** Paths that were asked for, in order. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
};

const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * Serves a folder as `/some/folder/`, with the headers for threads or without any.
 *
 * @param folder path of the built site.
 */
export async function serveSite(folder: string, { isolated }: { readonly isolated: boolean }): Promise<SiteServer> {
  const base = '/some/folder/';
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    requests.push(pathname);
    const path = normalize(pathname === base ? `${base}index.html` : pathname);
    const file = path.startsWith(base) ? join(folder, path.slice(base.length)) : null;
    (file === null ? Promise.reject(new Error('outside of the site')) : readFile(file)).then(
      (bytes) => {
        response.writeHead(200, {
          'Content-Type': types[extname(path)] ?? 'application/octet-stream',
          ...(isolated && isolation),
        });
        response.end(bytes);
      },
      () => {
        response.writeHead(404);
        response.end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
