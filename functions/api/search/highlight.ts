import type { Queryable } from '../../../shared/database.ts';
import { textBlocks } from '../../../shared/plain-text.ts';
import type { SearchResult } from './contract.ts';
import { escapeHtml } from './html.ts';
import type { FoundRow } from './results.ts';

/** Where a word that was found stands in a text: from, and to before. */
type Mark = readonly [start: number, end: number];

const snippetCharacters = 240;
/** Of a snippet, before its first mark. */
const leadCharacters = 60;
const summaryCharacters = 2000;

// Postgres puts these around words; the texts themselves have none left.
const [opening, closing] = ['\uE000', '\uE001'];
const markers = /[\uE000\uE001]/g;

/** The words of a search in the titles and texts of a page, marked in HTML. */
export async function highlightRows(
  tx: Queryable,
  rows: readonly FoundRow[],
  words: string,
): Promise<SearchResult['highlight'][]> {
  const texts = rows.flatMap(({ title, summary, content }) => [
    title.replace(markers, ' ').toWellFormed(),
    plainText((summary ?? '').slice(0, characterStart(summary ?? '', summaryCharacters))),
    plainText(content ?? ''),
  ]);
  const marks = await findWords(tx, texts, words);
  return rows.map((_, index) => {
    const [title, summary, content] = [0, 1, 2].map((part) => {
      const place = index * 3 + part;
      return { text: texts[place]!, marks: marks[place]! };
    });
    const marked = title!.marks.length > 0 ? markWords(title!.text, title!.marks) : null;
    const source = summary!.marks.length > 0 ? summary! : content!;
    const snippet = source.marks.length > 0 ? cutSnippet(source.text, source.marks) : null;
    return marked === null && snippet === null ? null : { title: marked, snippet };
  });
}

function plainText(markdown: string): string {
  const blocks = textBlocks(markdown.replace(markers, ' '));
  return blocks
    .map(({ text }) => text)
    .join(' ')
    .toWellFormed();
}

/** Where the words stand, by the rules that found them: accents and endings do not count. */
async function findWords(tx: Queryable, texts: readonly string[], words: string): Promise<Mark[][]> {
  const folded = texts.map(foldPlurals);
  const { rows } = await tx.query<{ marked: string }>(
    `select ts_headline('portuguese_unaccent', text, $2::tsquery,
       'HighlightAll=true, StartSel=${opening}, StopSel=${closing}') as marked
     from unnest($1::text[]) with ordinality as given (text, place) order by place`,
    [folded, words],
  );
  return rows.map(({ marked }, place) => readMarks(marked, folded[place]!, texts[place]!));
}

/**
 * As `search_words` does, so that "inscrições" is found by "inscrição": a space takes the place of the letter that goes,
 * which leaves all others where they are.
 */
function foldPlurals(text: string): string {
  return text.replace(/ões/gi, 'ão ');
}

/** Takes the markers out again. What is left is the text that was asked about, or nothing is marked. */
function readMarks(marked: string, folded: string, text: string): Mark[] {
  const marks: Mark[] = [];
  let unmarked = '';
  let start = 0;
  for (const part of marked.split(/([\uE000\uE001])/)) {
    if (part === opening) start = unmarked.length;
    else if (part === closing) marks.push([start, wordEnd(unmarked.length, folded, text)]);
    else unmarked += part;
  }
  return unmarked === folded ? marks : [];
}

/** A plural is one letter longer than what stood for it. */
function wordEnd(end: number, folded: string, text: string): number {
  return folded[end] === ' ' && text[end] !== ' ' && /\p{L}/u.test(text[end] ?? '') ? end + 1 : end;
}

/** The part of a text that has the most marks, cut between words. */
function cutSnippet(text: string, marks: readonly Mark[]): string {
  const countFrom = (first: Mark) =>
    marks.filter(([start, end]) => start >= first[0] && end <= first[0] + snippetCharacters - leadCharacters).length;
  const first = marks.reduce((best, mark) => (countFrom(mark) > countFrom(best) ? mark : best));
  const from = wordBoundary(text, Math.max(0, Math.min(first[0] - leadCharacters, text.length - snippetCharacters)));
  const limit = Math.min(text.length, Math.max(first[1], from + snippetCharacters));
  const to = limit === text.length ? limit : Math.max(first[1], text.lastIndexOf(' ', limit));
  const inside = marks.filter(([start, end]) => start >= from && end <= to);
  const shifted = inside.map(([start, end]): Mark => [start - from, end - from]);
  return `${from > 0 ? '…' : ''}${markWords(text.slice(from, to), shifted)}${to < text.length ? '…' : ''}`;
}

/** The next beginning of a word, where there is one near. */
function wordBoundary(text: string, from: number): number {
  if (from === 0) return 0;
  const space = text.indexOf(' ', from);
  return space !== -1 && space < from + leadCharacters / 2 ? space + 1 : characterStart(text, from);
}

/** The place, or the one before it where it would cut a character of two units. */
function characterStart(text: string, place: number): number {
  return (text.codePointAt(place - 1) ?? 0) > 0xffff ? place - 1 : place;
}

function markWords(text: string, marks: readonly Mark[]): string {
  let html = '';
  let from = 0;
  for (const [start, end] of marks) {
    html += `${escapeHtml(text.slice(from, start))}<mark>${escapeHtml(text.slice(start, end))}</mark>`;
    from = end;
  }
  return html + escapeHtml(text.slice(from));
}
