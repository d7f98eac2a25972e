import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { root } from '../../../scripts/workspaces.mjs';
import { repositoryLinks } from './links.mjs';

const api = join(root, 'docs/site/api');
if (!existsSync(join(api, 'sidebars.json'))) throw new Error('no API reference yet. Run `npm run docs`');
const sidebars = JSON.parse(readFileSync(join(api, 'sidebars.json'), 'utf8'));

const guide = [
  {
    text: 'Start',
    items: [
      { text: 'Getting started', link: '/guide/getting-started' },
      { text: 'Methods and measurements', link: '/guide/methods' },
      { text: 'Results on real faces', link: '/guide/results' },
      { text: 'Real label noise', link: '/guide/real-noise' },
    ],
  },
  {
    text: 'Extend',
    items: [
      { text: 'A relabel strategy', link: '/guide/relabel-strategy' },
      { text: 'An engine', link: '/guide/custom-engine' },
    ],
  },
  {
    text: 'Run it anywhere',
    items: [
      { text: 'Engines', link: '/guide/engines' },
      { text: 'In a browser', link: '/guide/browser' },
      { text: 'In time slices', link: '/guide/time-slices' },
      { text: 'A service that trains', link: '/guide/service' },
      { text: 'On Kubernetes', link: '/guide/kubernetes' },
      { text: 'Runtimes', link: '/guide/runtimes' },
    ],
  },
  {
    text: 'How it is built',
    items: [
      { text: 'Design', link: '/guide/design' },
      { text: 'Performance', link: '/guide/performance' },
      { text: 'Benchmarks', link: '/guide/benchmarks' },
      { text: 'Golden runs', link: '/guide/golden-runs' },
      { text: 'Contributing', link: '/guide/contributing' },
      { text: 'Working on selfcure', link: '/guide/working-on-selfcure' },
    ],
  },
];

const readmes = (group, address) =>
  readdirSync(join(root, group)).map((name) => ({
    text: JSON.parse(readFileSync(join(root, group, name, 'package.json'), 'utf8')).name,
    link: `/${address}/${name}`,
  }));
const packages = [
  { text: 'Packages', items: readmes('packages', 'packages') },
  { text: 'Engines', items: readmes('adapters', 'engines') },
];
const reference = {
  text: 'API reference',
  items: Object.keys(sidebars).map((name) => ({ text: name, link: `/api/${name}/` })),
};

export default defineConfig({
  lang: 'en',
  title: 'selfcure',
  description: 'Train image classifiers on labels that are partly wrong, in TypeScript, on the engine you have.',
  base: process.env.SELFCURE_DOCS_BASE ?? '/',
  cleanUrls: true,
  // Else every page holds the sidebars and the addresses of all.
  metaChunk: true,
  cacheDir: './.cache',
  outDir: './dist',
  srcExclude: ['dist/**'],
  rewrites: { 'generated/:page(.*)': ':page' },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    config: repositoryLinks,
  },
  vite: {
    // Most of the pages are one chunk each; the largest holds the highlighted source of a page.
    build: { chunkSizeWarningLimit: 2000 },
    server: { fs: { allow: [root] } },
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/guide/getting-started', activeMatch: '/guide/' },
      { text: 'Packages', link: '/packages/core', activeMatch: '/(packages|engines)/' },
      { text: 'API', link: '/api/', activeMatch: '/api/' },
    ],
    sidebar: {
      '/guide/': guide,
      '/packages/': packages,
      '/engines/': packages,
      '/api/': [reference],
      ...Object.fromEntries(
        Object.entries(sidebars).map(([name, groups]) => [
          `/api/${name}/`,
          [{ text: name, link: `/api/${name}/`, items: [] }, ...groups, { ...reference, collapsed: true }],
        ]),
      ),
    },
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        // Names of the API alone: its texts would make an index of megabytes.
        _render: (source, env, md) =>
          md.render(env.relativePath.startsWith('api/') ? (/^# .*$/m.exec(source)?.[0] ?? '') : source, {
            ...env,
            indexed: true,
          }),
      },
    },
    footer: { message: 'Apache-2.0' },
  },
});
