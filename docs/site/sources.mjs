/**
 * Pages for files of the repository, which include them: those of pages.mjs, and every source file that one of them links to. They are
 * written into docs/site/generated before the site is built.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { root } from '../../scripts/workspaces.mjs';
import { pageOf, shown } from './pages.mjs';

const outside = /^(?:[a-z][a-z+.-]*:|\/|#)/i;

/**
 * What a link is about: a path of the repository and the rest; null where it leads out of it. `files` are those that the link may be
 * relative to. Throws on a dead link.
 */
export function target(files, href) {
  if (outside.test(href)) return null;
  const [, place, hash] = /^([^#]*)(#.*)?$/.exec(href);
  for (const file of files) {
    const path = posix.join(posix.dirname(file), decodeURI(place)).replace(/\/$/, '');
    if (!path.startsWith('..') && existsSync(join(root, path))) return { path, hash: hash ?? '' };
  }
  throw new Error(`${files.at(-1)} links to ${href}, which does not exist`);
}

/** The address of a path of the repository on the site, without its base; null for folders without a page. */
export function addressOf(path) {
  const page = pageOf(path);
  if (page !== undefined) return `/${page.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`;
  return statSync(join(root, path)).isDirectory() ? null : `/source/${path}`;
}

/** Writes the pages; those of an earlier call are removed. */
export function writePages() {
  const generated = join(root, 'docs/site/generated');
  rmSync(generated, { recursive: true, force: true });
  const write = (page, text) => {
    const path = join(generated, page);
    mkdirSync(dirname(path), { recursive: true });
    const from = (file) => relative(dirname(path), join(root, file)).replaceAll('\\', '/');
    writeFileSync(path, text(from));
  };
  const guides = readdirSync(join(root, 'docs/site/guide')).map((name) => `docs/site/guide/${name}`);
  for (const [file, page] of shown) write(page, (from) => `<!--@include: ${from(file)}-->\n`);
  for (const file of [...shown.keys(), ...guides, 'README.md']) {
    for (const [, href] of readFileSync(join(root, file), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)) {
      const { path } = target([file], href) ?? {};
      if (path === undefined || !addressOf(path)?.startsWith('/source/')) continue;
      write(`source/${path}.md`, (from) => `---\noutline: false\n---\n\n# ${path}\n\n<<< ${from(path)}\n`);
    }
  }
}
