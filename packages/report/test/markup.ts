/** An element of a page, read strictly: this is no browser that forgives. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Elements and text in order, text unescaped. */
  readonly children: readonly (Element | string)[];
}

const empty = new Set(['meta', 'img', 'br']);
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function unescape(text: string): string {
  return text.replaceAll(/&([^;]*);?/g, (whole, name: string) => {
    const letter = entities[name];
    if (letter === undefined || !whole.endsWith(';')) throw new Error(`not escaped: ${whole.slice(0, 40)}`);
    return letter;
  });
}

/**
 * Reads HTML whose every tag is closed in order, whose attributes are quoted, and which escapes all else. Throws where it
 * is anything else.
 */
export function parse(markup: string): Element {
  const root = { name: '', attributes: {}, children: [] as (Element | string)[] };
  const stack = [root];
  const tag = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9:-]*="[^"<]*")*)\s*(\/?)>/y;
  let at = markup.startsWith('<!doctype html>') ? 15 : 0;
  while (at < markup.length) {
    const here = stack.at(-1)!;
    if (markup[at] !== '<') {
      const end = markup.indexOf('<', at);
      const text = markup.slice(at, end < 0 ? markup.length : end);
      if (here.name !== 'style' && text.includes('>')) throw new Error(`not escaped: ${text.slice(0, 60)}`);
      here.children.push(here.name === 'style' ? text : unescape(text));
      at += text.length;
      continue;
    }
    tag.lastIndex = at;
    const match = tag.exec(markup);
    if (!match) throw new Error(`no tag: ${markup.slice(at, at + 60)}`);
    at = tag.lastIndex;
    const [, closing, name, rest, selfClosing] = match;
    if (closing) {
      if (here.name !== name) throw new Error(`</${name}> closes <${here.name}>`);
      stack.pop();
      continue;
    }
    const pairs = [...rest!.matchAll(/([a-zA-Z][a-zA-Z0-9:-]*)="([^"]*)"/g)];
    const attributes = Object.fromEntries(pairs.map(([, key, value]) => [key!, unescape(value!)]));
    if (Object.keys(attributes).length < pairs.length) throw new Error(`an attribute twice: ${match[0]}`);
    const element = { name: name!, attributes, children: [] };
    here.children.push(element);
    if (!selfClosing && !empty.has(name!)) stack.push(element);
  }
  if (stack.length > 1) throw new Error(`<${stack.at(-1)!.name}> is never closed`);
  return root;
}

/** All elements below one, in order, that a condition holds for. */
export function all(element: Element, holds: (element: Element) => boolean): Element[] {
  return element.children.flatMap((child) =>
    typeof child === 'string' ? [] : [...(holds(child) ? [child] : []), ...all(child, holds)],
  );
}

/** All elements of a name or, with a dot before, of a class. */
export function select(element: Element, name: string): Element[] {
  return all(element, (one) =>
    name.startsWith('.') ? (one.attributes['class'] ?? '').split(' ').includes(name.slice(1)) : one.name === name,
  );
}

/** Text of an element, with each run of white space as one space; a line break counts as one. */
export function textOf(element: Element): string {
  const raw = (one: Element): string =>
    one.children.map((child) => (typeof child === 'string' ? child : child.name === 'br' ? ' ' : raw(child))).join('');
  return raw(element).replaceAll(/\s+/g, ' ').trim();
}

/** The innermost section under a heading. */
export function sectionOf(root: Element, heading: string): Element | undefined {
  return select(root, 'section').findLast((section) =>
    all(section, ({ name }) => /^h\d$/.test(name)).some((one) => textOf(one) === heading),
  );
}
