/** Runs in the program that check-examples.mjs makes of the complete examples: what they give, beside what they say. */

const failures = [];
let compared = 0;
let current = 0;

/** Runs one example; what it throws is its failure. */
export async function attempt(index, example) {
  current = index;
  try {
    await example();
  } catch (error) {
    failures.push({ index, line: 0, problem: `throws ${error}` });
  }
}

/** Prints the failures as the last line. */
export function report() {
  console.log(JSON.stringify({ compared, failures }));
}

/** A number as it is written: `0.8333…` stands for all that begin so, `0.555` for what rounds to it. */
class Written {
  constructor(text) {
    this.open = text.endsWith('…');
    this.value = Number(text.replace('…', ''));
    this.unit = 10 ** -(/\.(\d+)/.exec(text)?.[1].length ?? 0);
  }

  equals(number) {
    const rounding = Number.isInteger(this.value) && !this.open ? 0 : this.open ? this.unit : this.unit / 2;
    return Math.abs(number - this.value) <= rounding + 1e-12 * Math.abs(this.value);
  }
}

function same(value, said) {
  if (said instanceof Written) return typeof value === 'number' && said.equals(value);
  if (typeof said === 'number') return Math.abs(value - said) <= 1e-12 * Math.max(1, Math.abs(said));
  if (Array.isArray(said)) {
    const elements = ArrayBuffer.isView(value) ? Array.from(value) : value;
    return Array.isArray(elements) && elements.length === said.length && said.every((one, i) => same(elements[i], one));
  }
  if (said !== null && typeof said === 'object') return Object.keys(said).every((key) => same(value?.[key], said[key]));
  return Object.is(value, said);
}

/** What a comment says, where it is a value and no sentence. */
function valueOf(text) {
  const calculation = /\d\s*[*/]\s*\d/.test(text);
  const code = calculation
    ? text
    : text.replaceAll(/(?<![\w.'x])-?\d+(?:\.\d+)?…?(?![\w'])/g, (one) => `new Written('${one}')`);
  try {
    return { value: new Function('Written', `return (${code});`)(Written) };
  } catch {
    return null;
  }
}

/** Compares what an expression gives with what the example says. */
export async function says(line, given, text) {
  const said = valueOf(text);
  if (said === null) return;
  const value = await given;
  compared += 1;
  if (!same(value, said.value))
    failures.push({ index: current, line, problem: `gives ${JSON.stringify(value)}, not ${text}` });
}
