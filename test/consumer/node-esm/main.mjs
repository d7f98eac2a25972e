// Imports every published package by name, as a user's own project does, and expects each to bring something.
import { readFileSync } from 'node:fs';

const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const names = Object.keys(dependencies).filter((name) => /^(@selfcure\/|selfcure$)/.test(name));
for (const name of names) {
  const module = await import(name);
  if (Object.keys(module).length === 0) throw new Error(`${name} exports nothing`);
}
console.log(`imported ${names.length} packages`);
