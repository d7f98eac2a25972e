/**
 * Reads every page that was built: links lead to a page, an asset and an anchor that exist, and no include has been left out. (VitePress
 * checks pages, not anchors, and writes a sentence where a file that is to be included is missing.)
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { filesUnder, root } from '../../scripts/workspaces.mjs';

const dist = join(root, 'docs/site/dist');
const base = process.env.SELFCURE_DOCS_BASE ?? '/';

const pages = new Map();
for (const name of filesUnder(dist).filter((file) => file.endsWith('.html'))) {
  const path = join(dist, name);
  const text = readFileSync(path, 'utf8');
  const ids = new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
  const links = new Set(
    [...text.matchAll(/<a\s[^>]*?href="([^"]*)"/g)].map(([, href]) => href.replaceAll('&amp;', '&')),
  );
  pages.set(path, { ids, links, text });
}

/** The page of an address: `/guide/x` is `guide/x.html`, `/api/` is `api/index.html`. */
function pageAt(address) {
  const place = join(dist, decodeURIComponent(address).slice(base.length));
  return [place, `${place}.html`, join(place, 'index.html')].find((path) => pages.has(path));
}

const problems = new Set();
for (const [path, { links, text }] of pages) {
  const name = relative(dist, path).replaceAll('\\', '/');
  const place = `${base}${name.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, '')}`;
  for (const fault of ['Code snippet path not found', '@include:'])
    if (text.includes(fault)) problems.add(`${name}: "${fault}" stands in the page`);
  for (const href of links) {
    if (/^[a-z][a-z+.-]*:/i.test(href)) continue;
    const { pathname, hash } = new URL(href, `http://site${place}`);
    if (!pathname.startsWith(base)) {
      problems.add(`${name} links to ${href}, which is not below ${base}`);
      continue;
    }
    const target = pageAt(pathname);
    if (target === undefined) {
      if (!existsSync(join(dist, pathname.slice(base.length)))) problems.add(`${name} links to ${href}: no such page`);
    } else if (hash && !pages.get(target).ids.has(decodeURIComponent(hash.slice(1))))
      problems.add(`${name} links to ${href}: no such anchor`);
  }
}
for (const problem of problems) console.error(problem);
console.log(`${pages.size} pages, ${problems.size} problems`);
process.exit(problems.size > 0 ? 1 : 0);
