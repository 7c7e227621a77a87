// Control characters (Postgres takes no NUL), zero-width characters, soft hyphens, byte-order marks.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
const INVISIBLE = /[\u0000-\u0008\u000b\u000e-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]/g;

/** Text without invisible characters, every run of white space (non-breaking ones included) one space. Not trimmed. */
export function collapse(text: string): string {
  return text.toWellFormed().replace(INVISIBLE, '').replace(/\s+/g, ' ');
}
