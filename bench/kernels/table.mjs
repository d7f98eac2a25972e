/** Tables in Markdown. */

/** @param {readonly unknown[]} cells */
export const printRow = (cells) => console.log(`| ${cells.join(' | ')} |`);

/** @param {readonly string[]} columns */
export function printHead(columns) {
  printRow(columns);
  console.log(`|${'---|'.repeat(columns.length)}`);
}

/** Speeds of slow adapters need more digits. */
export const digits = (value) => value.toFixed(value < 10 ? 2 : 1);
