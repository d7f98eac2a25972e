import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { entries } from '../entries.mjs';

/** Names that a module exports, as its text says; `export *` hides them and is refused. */
export function exportedNames(file) {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '');
  if (/^export \*/m.test(text)) throw new Error(`${file} exports by *, which hides the names`);
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) =>
    list.split(',').map((item) => /(?:\bas\s+)?(\w+)\s*$/.exec(item.trim())?.[1]),
  );
  const declared = [
    ...text.matchAll(
      /^export (?:declare )?(?:async )?(?:const|let|function\*?|(?:abstract )?class|interface|type|enum) (\w+)/gm,
    ),
  ].map(([, name]) => name);
  return [...listed, ...declared].filter((name) => name !== undefined);
}

/**
 * Makes modules of examples: `wrap(example, place)` gives the text of a module at `place` whose lines are those of the example, after one line that
 * imports what packages export under the names that the example uses. Names that the example imports or declares itself win.
 */
export function wrapper() {
  const all = entries().map(({ name, source }) => ({ name, source, exports: new Set(exportedNames(source)) }));
  return ({ from, code }, place) => {
    const words = new Set(code.match(/[A-Za-z_$][\w$]*/g));
    const statements = [...code.matchAll(/^import\s[^;]*;/gm)].map(([statement]) => statement);
    const own = new Set(statements.flatMap((statement) => statement.replace(/from[^]*$/, '').match(/\w+/g)));
    const imports = [];
    const take = (names, specifier) => {
      for (const name of names) {
        if (!words.has(name) || own.has(name)) continue;
        own.add(name);
        imports.push(`import { ${name} } from '${specifier}';`);
      }
    };
    // What the example's package exports, what its module does, and then the other packages.
    const home = from?.replace(/[/\\]src[/\\].*$/, '') ?? '';
    const near = all.filter(({ source }) => from !== undefined && source.startsWith(`${home}/src/`));
    for (const { name, exports } of near) take(exports, name);
    if (from !== undefined) take(exportedNames(from), relative(dirname(place), from).replaceAll('\\', '/'));
    for (const { name, exports } of all) take(exports, name);
    // In a block, so that what the example declares may have the name of an import.
    const blank = (statement) => statement.replaceAll(/[^\n]/g, ' ');
    const body = code.replaceAll(/^import\s[^;]*;/gm, blank).replaceAll(/^export (?=const|function|class|async)/gm, '');
    return `${[...imports, ...statements.map((text) => text.replaceAll('\n', ' '))].join(' ')} export {}; {\n${body}\n}\n`;
  };
}
