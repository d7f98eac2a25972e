import { expressionClasses, expressionOf } from '../table/expression-classes.ts';

/** A label as a table writes it, and where it stands. */
export interface RawLabel {
  /** Text or a whole number; anything else is refused through `fail`. */
  readonly value: unknown;
  /** Throws an error that names the row. */
  readonly fail: (problem: string, remedy: string) => never;
}

/**
 * Turns the labels of a table into class numbers. Text that names classes given is their number; without classes given,
 * text of which every value is an expression gets FER2013's order, and other text the order of its code units. Where all
 * are numbers, they are class numbers, from 0.
 *
 * @returns class names and one label for each value.
 */
export function classLabels(
  labels: readonly RawLabel[],
  given: readonly string[] | undefined,
): { readonly classes: readonly string[]; readonly labels: readonly number[] } {
  const plain = labels.map(({ value, fail }): string | number => {
    if (typeof value === 'bigint') return Number(value);
    if (typeof value === 'number') return value;
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    return fail(
      `the label ${describe(value)} is neither text nor a number`,
      'Give every row a label, or delete the row',
    );
  });
  const numeric = plain.every((label) => typeof label === 'number' || /^[+-]?\d+(?:\.\d+)?$/.test(label));
  if (numeric && !(given !== undefined && plain.some((label) => given.includes(String(label))))) {
    const numbers = plain.map(Number);
    const count = given?.length ?? Math.max(2, numbers.reduce((most, n) => Math.max(most, n), 0) + 1);
    numbers.forEach((label, i) => {
      if (Number.isSafeInteger(label) && label >= 0 && label < count && count <= 100_000) return;
      labels[i]!.fail(
        `the label ${label} is not a whole number from 0 to ${Math.min(count, 100_000) - 1}`,
        'Number the classes from 0, or name as many classes as there are',
      );
    });
    return { classes: given ?? Array.from({ length: count }, (_, c) => String(c)), labels: numbers };
  }
  const names = [...new Set(plain.map(String))].sort();
  const expressions = names.map(expressionOf);
  const canonical = given === undefined && expressions.every((label) => label !== undefined);
  const classes = given ?? (canonical ? expressionClasses(expressions.includes(7) ? 8 : 7) : names);
  const numberOf = new Map(names.map((name, i) => [name, canonical ? expressions[i]! : numberIn(classes, name)]));
  return {
    classes,
    labels: plain.map((label, i) => {
      const number = numberOf.get(String(label))!;
      if (number >= 0) return number;
      return labels[i]!.fail(
        `the label '${String(label).slice(0, 80)}' is none of ${classes.slice(0, 20).join(', ')}`,
        'Name every class in `classes`, or correct the label',
      );
    }),
  };
}

/** Number of a class by its name, or by another word for the same expression. */
function numberIn(classes: readonly string[], name: string): number {
  const exact = classes.indexOf(name);
  if (exact >= 0) return exact;
  const expression = expressionOf(name);
  return expression === undefined ? -1 : classes.findIndex((other) => expressionOf(other) === expression);
}

function describe(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'that is missing';
  return typeof value === 'object' ? 'of several values' : `'${String(value).slice(0, 40)}'`;
}
