import { isAbsolute, relative } from 'node:path';
import { root } from '../../../scripts/workspaces.mjs';
import { addressOf, target } from '../sources.mjs';

/**
 * markdown-it plugin: links between files of the repository lead to the pages that show them. A link to a folder without a page
 * becomes plain text; one to nothing ends the build.
 */
export function repositoryLinks(md) {
  const inRepository = (path) => (isAbsolute(path) ? relative(root, path) : path).replaceAll('\\', '/');
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    if (env.indexed) return; // the search index holds no links, and is not told which files a page includes
    const file = inRepository(env.realPath ?? env.path);
    if (file.startsWith('docs/site/api/')) return; // links of its own, made by typedoc
    const files = [...(env.includes ?? []).map(inRepository), file];
    for (const { children } of tokens) {
      if (!children) continue;
      for (const [at, token] of children.entries()) {
        if (token.type !== 'link_open') continue;
        const found = target(files, token.attrGet('href'));
        if (found === null) continue;
        const address = addressOf(found.path);
        if (address !== null) {
          token.attrSet('href', `${address}${found.hash}`);
          continue;
        }
        const end = children.findIndex(({ type }, index) => index > at && type === 'link_close');
        for (const part of [token, children[end]])
          Object.assign(part, { type: 'text', tag: '', nesting: 0, content: '' });
      }
    }
  });
}
