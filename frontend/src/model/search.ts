/** What a search field asks for: part of a name, or `/a regular expression/`. */
export type Match = (text: string) => boolean;

/**
 * Compiles a search. Case does not matter.
 *
 * Returns the match, or a sentence that says what is wrong with the expression.
 */
export function compileSearch(query: string): Match | string {
  const text = query.trim();
  if (text.length > 1 && text.startsWith('/') && text.endsWith('/')) return compileRegex(text);
  const part = text.toLowerCase();
  return (name) => name.toLowerCase().includes(part);
}

function compileRegex(text: string): Match | string {
  try {
    const regex = new RegExp(text.slice(1, -1), 'i');
    return (name) => regex.test(name);
  } catch (error) {
    return `${text} is no regular expression: ${(error as Error).message.split(': ').pop()}.`;
  }
}
