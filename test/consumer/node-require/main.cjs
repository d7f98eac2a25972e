// The packages are ES modules only; Node 20.19 and later can still require() them from CommonJS.
const { dependencies } = require('../package.json');

const names = Object.keys(dependencies).filter((name) => /^(@selfcure\/|selfcure$)/.test(name));
for (const name of names) {
  if (Object.keys(require(name)).length === 0) throw new Error(`${name} exports nothing`);
}
console.log(`required ${names.length} packages`);
