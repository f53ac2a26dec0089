// The filter of `hotspots` and `flame` is a regular expression of Go's kind
// (RE2), which the data source compiles. What it would refuse is told while
// one types, as far as the browser's own kind can tell.

/** What Go has and the browser's expressions do not, or write otherwise. */
const GO_ONLY: Array<[RegExp, string]> = [
  [/\\Q.*?(\\E|$)/g, 'quoted'],
  [/\(\?P</g, '(?<'],
  [/\(\?[imsU-]+:/g, '(?:'],
  [/\(\?[imsU-]+\)/g, ''],
];

/** What the browser takes and RE2 refuses: it never goes back over what it has read. */
const REFUSED: Array<[RegExp, string]> = [
  [/\(\?<?[=!]/, 'lookahead and lookbehind are not supported'],
  [/\\[1-9]/, 'references to a group are not supported'],
];

/** Why a filter will be refused; undefined where nothing speaks against it. One with a variable is known only when filled in. */
export function filterProblem(filter: string): string | undefined {
  if (/\$\{?\w/.test(filter)) {
    return undefined;
  }
  const plain = GO_ONLY.reduce((text, [from, to]) => text.replace(from, to), filter);
  const refused = REFUSED.find(([form]) => form.test(plain.replace(/\\\\/g, '')));
  if (refused) {
    return `Not a filter: ${refused[1]}`;
  }
  try {
    new RegExp(plain);
    return undefined;
  } catch (e) {
    return `Not a filter: ${reason(e)}`;
  }
}

/** The browser's sentence without the expression, which stands in the field. */
function reason(e: unknown): string {
  const text = e instanceof Error ? e.message : String(e);
  return text
    .slice(text.lastIndexOf(': ') + 1)
    .trim()
    .toLowerCase();
}

/** A variable's value in a filter: as typed; of several, any. */
export function alternatives(value: string | string[]): string {
  const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return Array.isArray(value) ? `(${value.map(quoted).join('|')})` : String(value);
}
