/** A side in a page, which calls `answer` (see ../side-page.mjs). */
import { answer, answersOf } from './serve.mjs';

/** @param {Parameters<typeof answersOf>[0]} open */
export function answerInPage(open) {
  const answers = answersOf(open, async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer()));
  globalThis.answer = (message) => answer(answers, message);
}
