/**
 * The API reference: every entry of every package, by typedoc, as Markdown into docs/site/api with a sidebar for each package.
 * Ends with an error where a public export has no doc comment, refers to what is not exported, or a comment links to nothing.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application, ReflectionKind } from 'typedoc';
import { entries, sourceOptions } from '../../scripts/entries.mjs';
import { publishable, root } from '../../scripts/workspaces.mjs';

const out = join(root, 'docs/site/api');

const sources = new Map(entries().map(({ name, source }) => [source, name]));
const folder = join(root, 'docs/site/.cache');
mkdirSync(folder, { recursive: true });
const tsconfig = join(folder, 'tsconfig.json');
writeFileSync(
  tsconfig,
  JSON.stringify({
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: { ...sourceOptions(), rootDir: root },
    files: [...sources.keys()],
  }),
);

const app = await Application.bootstrapWithPlugins({
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: [...sources.keys()],
  tsconfig,
  basePath: root,
  out,
  readme: 'none',
  name: 'API reference',
  githubPages: false,
  disableSources: true,
  excludePrivate: true,
  excludeInternal: true,
  sort: ['source-order'],
  validation: { notExported: true, invalidLink: false },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  router: 'member',
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  sanitizeComments: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  enumMembersFormat: 'table',
  indexFormat: 'table',
  tableColumnSettings: { hideSources: true, hideInherited: true, hideOverrides: true, hideModifiers: true },
});
const points = app.getEntryPoints();
const project =
  points &&
  app.converter.convert(
    points.map((point) => ({ ...point, displayName: sources.get(point.sourceFile.fileName) ?? point.displayName })),
  );
if (!project) process.exit(1);
// What is not exported is looked for in one package at a time, links in all.
for (const { manifest } of publishable()) {
  project.packageName = manifest.name;
  app.validate(project);
}
app.options.setValue('validation', { notExported: false, invalidLink: true, invalidPath: true });
app.validate(project);
// typedoc's own check of comments asks for one at every method, too.
for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
  for (const child of module.children ?? []) {
    const commented = child.hasComment() || child.signatures?.some((signature) => signature.hasComment());
    if (!commented && !child.isReference()) app.logger.warn(`${child.getFriendlyFullName()} has no doc comment`);
  }
}
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);

rmSync(out, { recursive: true, force: true });
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);

const kinds = [
  [ReflectionKind.Function, 'functions', 'Functions'],
  [ReflectionKind.Class, 'classes', 'Classes'],
  [ReflectionKind.Interface, 'interfaces', 'Interfaces'],
  [ReflectionKind.TypeAlias, 'type-aliases', 'Types'],
  [ReflectionKind.Variable, 'variables', 'Values'],
];
const sidebars = {};
for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
  sidebars[module.name] = kinds.flatMap(([kind, folder, text]) => {
    const names = module.getChildrenByKind(kind).map(({ name }) => name);
    if (names.length === 0) return [];
    const items = names.sort().map((name) => ({ text: name, link: `/api/${module.name}/${folder}/${name}` }));
    return [{ text, collapsed: kind !== ReflectionKind.Function, items }];
  });
}
writeFileSync(join(out, 'sidebars.json'), JSON.stringify(sidebars));
