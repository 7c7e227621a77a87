/** Control characters and those that turn the direction of text: a terminal would obey them. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text as one line of at most `maxLength` characters that a terminal shows and does not obey. */
export function printable(text: string, maxLength = 160): string {
  const start = text.slice(0, maxLength).replace(unprintable, escapeCharacter);
  return text.length <= maxLength && start.length <= maxLength ? start : `${start.slice(0, maxLength - 1)}…`;
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
