const DIACRITICS = /\p{M}+/gu;
// Normalising only these is twice as fast as the whole text.
const NOT_ASCII = /[^ -~]+/g;
const WORD = /https?:\S+|www\.\S+|[\p{L}\p{N}]+(?:[-.’'][\p{L}\p{N}]+)*/gu;

/** Lower case without accents: `Ação` and `acao` are one word to a reader in a hurry. */
export function fold(text: string): string {
  return text.toLowerCase().replace(NOT_ASCII, (run) => run.normalize('NFKD').replace(DIACRITICS, '').toLowerCase());
}

/** Words and numbers as written; `guarda-chuva`, `1.500` and a URL are one each. */
export function words(text: string): string[] {
  return text.match(WORD) ?? [];
}

// A full stop after these ends no sentence. Those that often stand last ("etc.", "Ltda.", "S.A.") are not here.
const ABBREVIATIONS = new Set(
  (
    'dr dra drs dras sr sra srs sras srta prof profa profs exmo exma ilmo ilma rev pe fr sto sta ' +
    'gen cel ten maj cap sgt cb alm brig min dep sen ver gov pres eng enga adv arq ' +
    'art arts inc par al cf ex vs v vol vols n nº no núm num nr p pp pág págs pag pags fl fls ed org orgs ' +
    'av r rod km tel fone ramal cep apto bl qd jan fev mar abr jun jul ago set out nov dez aprox obs'
  ).split(' '),
);
// "no." and the months end sentences far more often than they abbreviate unless a number follows.
const BEFORE_NUMBERS_ONLY = new Set('no n p v r al par set out mar jul jun km ex ver min cap ed'.split(' '));
const TERMINATOR = /(?<![.!?…])[.!?…]+["”’'»)\]]*(?=\s)/g;
const OPENER = /^\s+["“‘'«([—–-]*\s*([\p{Lu}\p{N}])/u;
const LAST_WORD = /(?:^|[\s("“‘'«[—–/])([^\s("“‘'«[—–/]*)$/u;

function endsSentence(before: string, mark: string, after: string): boolean {
  const opener = OPENER.exec(after)?.[1];
  if (!opener) return false;
  if (!mark.startsWith('.') || mark.length > 1) return true;
  const last = LAST_WORD.exec(before)?.[1] ?? '';
  const word = last.toLowerCase();
  const number = /\p{N}/u.test(opener);
  if (ABBREVIATIONS.has(word)) return BEFORE_NUMBERS_ONLY.has(word) && !number;
  // An initial ("J. Silva"), or the number of an enumeration at the start ("2. Inscrições").
  if (/^\p{Lu}$/u.test(last)) return false;
  return !(/^\d{1,3}$/.test(last) && before.trim() === last);
}

/** Sentences of one paragraph, verbatim and in order; what has no end mark at the end of the paragraph is one too. */
export function sentences(paragraph: string): string[] {
  const found: string[] = [];
  let start = 0;
  for (const match of paragraph.matchAll(TERMINATOR)) {
    const end = match.index + match[0].length;
    // Enough of both sides to judge by; whole slices would cost quadratic time.
    const before = paragraph.slice(Math.max(start, match.index - 40), match.index);
    if (!endsSentence(before, match[0], paragraph.slice(end, end + 20))) continue;
    found.push(paragraph.slice(start, end).trim());
    start = end;
  }
  const rest = paragraph.slice(start).trim();
  if (rest) found.push(rest);
  return found;
}

// What may hold a vowel and the i or u after it apart: a consonant that closes the syllable (Ra-ul, ru-im) or nh (ra-i-nha).
const CLOSED = '(?!nh|[lmnrz](?:[^aeiouáéíóúâêôãõà]|$))';
const NUCLEUS = new RegExp(`[ãõ][eoi]?|[aáàâeéêoóô][iu]${CLOSED}|[ií]u${CLOSED}|[uú]i${CLOSED}|[aáàâeéêiíoóôuúü]`, 'g');
const SILENT_U = /([gq])u(?=[aeioáéíóâêôãõ])/g;
// A rising ending is one syllable where an accent stands before it (his-tó-ria), else two (e-co-no-mi-a).
const RISING_ENDING = /[áéíóúâêô].*[iu][aeo]s?$/;

/** Syllables of a word, counted by its vowels: a diphthong is one, a hiatus two. */
export function countSyllables(word: string): number {
  const letters = word.normalize('NFC').toLowerCase().replace(SILENT_U, '$1');
  const nuclei = letters.match(NUCLEUS)?.length ?? 0;
  return Math.max(RISING_ENDING.test(letters) ? nuclei - 1 : nuclei, 1);
}
