import { contempt, ferClassNames } from '../fer2013/classes.ts';

/** The seven or eight expressions in the one order that all readers use: FER2013's, with contempt as class 7. */
export function expressionClasses(classes: 7 | 8): readonly string[] {
  return ferClassNames(classes);
}

/** Words that data sets and people use for the expressions, by class. */
const words: readonly (readonly string[])[] = [
  ['angry', 'anger'],
  ['disgust', 'disgusted'],
  ['fear', 'fearful', 'afraid'],
  ['happy', 'happiness', 'joy'],
  ['sad', 'sadness'],
  ['surprise', 'surprised'],
  ['neutral'],
  ['contempt'],
];

const classOfWord: ReadonlyMap<string, number> = /* @__PURE__ */ new Map(
  /* @__PURE__ */ words.flatMap((list, label) => list.map((word) => [word, label] as const)),
);

/**
 * Class of a word for an expression in any capitals (`Anger`, `happiness`, `Surprised`), in FER2013's order, contempt
 * being 7; undefined for other words. Blanks around it and a number before it (`0_angry`, `3. fear`) do not count.
 */
export function expressionOf(name: string): number | undefined {
  return classOfWord.get(
    name
      .trim()
      .toLowerCase()
      .replace(/^\d+[\s._-]+/, ''),
  );
}

/**
 * Class that the words of a phrase name (`happy face`, `people_crying-sad`), as {@link expressionOf}; undefined where
 * none does or several do that differ.
 */
export function expressionInPhrase(phrase: string): number | undefined {
  const found = new Set(
    phrase
      .split(/[^\p{Letter}]+/u)
      .map(expressionOf)
      .filter((label) => label !== undefined),
  );
  return found.size === 1 ? [...found][0] : undefined;
}

/** Class number of contempt, which sets of seven classes leave out. */
export const contemptClass: number = contempt;
