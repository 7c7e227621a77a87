import { IMAGES_ONLY, isHeading, key, plain, splitBlocks, withoutLines } from '../../../shared/markdown/blocks.ts';
import { shareKind, withoutShare } from '../../../shared/markdown/share-blocks.ts';
import { RULE, tidyRules, withRules } from './separators.ts';
import { withoutTail } from './tail.ts';

/** What the record holds in fields of its own, so that the text need not repeat it. */
export interface KnownTexts {
  title: string;
  subtitle: string | null;
  editorialLead: string | null;
}

const MONTH = '(?:janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro)';
const WEEKDAY = '(?:(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?|sábado|domingo)';
const DAY = String.raw`(?:${WEEKDAY}[\s,]+)?(?:\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})(?!\d)|\d{1,2}º?(?: de)? ${MONTH}(?: de)? \d{4})`;
const TIME = String.raw`(?:[\s,]*(?:[-–—|]|[àa]s)?\s*\d{1,2}\s?[h:]\s?\d{0,2}(?::\d{2})?(?:min)?)?`;
const PUBLISHED = String.raw`(?:publicad[oa]|publicação|atualizad[oa]|criad[oa]|modificad[oa]|última (?:atualização|modificação))(?: em)?\s*:?`;
const DATE_LINE = new RegExp(String.raw`^(?:(?:${PUBLISHED}\s*)?${DAY}${TIME}[\s,.;|–—-]*){1,4}$`, 'iu');
/** Who wrote it, before or after the dates; a verb makes it a sentence. */
const AUTHOR = String.raw`[Pp]or \p{Lu}[\p{L}.]*(?:[\s/-]+(?:d[aeo]s?|e|\p{Lu}[\p{L}.]*)(?!\p{L})){0,8}`;
const AUTHOR_AROUND = new RegExp(String.raw`^${AUTHOR}\s*[-–—|,]\s*|(?<=\S)\s+${AUTHOR}$`, 'gu');
const DATE_LABEL = new RegExp(`^${PUBLISHED}$`, 'iu');

/** What portals have below the picture of an article. */
const DOWNLOAD_LABEL =
  /^(?:[-*] )?(?:(?:baixar|fazer (?:o )?download|download|ver)(?: d?[ae])? (?:imagem|foto)|baixar|download)(?: original| em (?:alta|boa|tamanho)(?: resolução| qualidade| real| original)?)?(?: \([^()]{1,40}\))?[\s|.]*$/i;
const SAYS_PICTURE = /imagem|foto|resolução|tamanho/i;

function isDownload(line: string): boolean {
  const text = line.length < 1000 ? plain(line) : '';
  return DOWNLOAD_LABEL.test(text) && SAYS_PICTURE.test(text);
}

/** Whether a block or a line is nothing but dates and what they are of. */
export function isDateLine(block: string): boolean {
  const text = plain(block);
  return text.length < 200 && DATE_LINE.test(text.replace(AUTHOR_AROUND, ''));
}

/** The blocks without what the record says elsewhere at their top; pictures between are kept. */
function withoutHead(blocks: readonly string[], { title, subtitle, editorialLead }: KnownTexts): string[] {
  const known = new Set([title, subtitle, editorialLead].map(key).filter((text) => text !== ''));
  const isHead = (text: string) =>
    known.has(key(plain(text))) ||
    isDateLine(text) ||
    DATE_LABEL.test(plain(text)) ||
    shareKind(text) !== null ||
    text === RULE ||
    isDownload(text);
  const pictures: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const rest = IMAGES_ONLY.test(block) ? block : withoutLines(block, isHead);
    if (IMAGES_ONLY.test(rest)) pictures.push(rest);
    else if (rest !== '') return [...pictures, rest, ...blocks.slice(index + 1)];
  }
  // A text that is nothing but its own subtitle is a short text, not a repetition.
  const only = blocks.find((block) => key(plain(block)) === key(subtitle) && key(subtitle) !== key(title));
  return only === undefined ? pictures : blocks.filter((block) => pictures.includes(block) || block === only);
}

/**
 * Markdown without what is not the article's text: share blocks, the title as a heading, title, subtitle, lead, a bare
 * date line or a download of the picture at the top, a closing credit, the address or the profiles of the press office
 * at the end. A rule drawn with strokes is `---`, and none at the ends. Blocks go by their structure, never for a word in
 * them: a sentence with "Compartilhe" or "Publicado em" stays. Cleaning a clean text changes nothing.
 */
export function cleanMarkdown(markdown: string, known: KnownTexts): string {
  const title = key(known.title);
  const blocks = splitBlocks(markdown)
    .map(withoutShare)
    .flatMap(withRules)
    // Between two rules may stand what is a share block only by itself.
    .map(withoutShare)
    .filter((block) => block !== '' && !(isHeading(block) && title !== '' && key(plain(block)) === title));
  return tidyRules(withoutTail(withoutHead(blocks, known))).join('\n\n');
}
