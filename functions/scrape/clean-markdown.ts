import { collapse } from './html.ts';

/** What the record holds in fields of its own, so that the text need not repeat it. */
export interface KnownTexts {
  title: string;
  subtitle: string | null;
  editorialLead: string | null;
}

const SHARE_LINK =
  /(?:facebook\.com\/(?:sharer|share\.php)|(?:twitter|x)\.com\/(?:share|intent\/(?:tweet|post))|linkedin\.com\/(?:shareArticle|sharing)|(?:api|web)\.whatsapp\.com\/send\/?\?(?!.*\bphone=)|wa\.me\/\?|whatsapp:|t\.me\/share|telegram\.me\/share|plus\.google\.com\/share|pinterest\.com\/pin\/create|^mailto:\?)/i;
const IMAGE = /!\[(?:[^[\]\\]|\\.)*\]\([^()\s]*\)/g;
const LINK = /!?\[((?:[^[\]\\]|\\.)*)\]\(([^()\s]*)(?:\s+"[^"]*")?\)/g;
const SHARE_LABEL =
  /^(?:(?:link para )?copiar(?: para)?(?: a)? (?:área de transferência|link)|compartilh(?:e|ar)(?: (?:esta?|isso|nas redes sociais|notícia|conteúdo|página|por|no|na|via|em))*|facebook|twitter|x|linkedin|whatsapp|telegram|pinterest|e-?mail|imprimir|[\s:|•·*,-])*$/i;
/** The same without links to tell it from a sentence: only what such a block begins with. */
const SHARE_HEADING =
  /^compartilh(?:e|ar)(?: (?:esta?|[ao]|isso|notícia|conteúdo|página|matéria|artigo|nas redes sociais))*\s*:?$/i;

const DAY = String.raw`(?:\d{1,2}\/\d{1,2}\/\d{4}|\d{1,2}º? de \p{L}+ de \d{4})`;
const TIME = String.raw`(?:[\s,]*(?:[-–—|]|[àa]s)?\s*\d{1,2}\s?[h:]\s?\d{0,2}(?::\d{2})?(?:min)?)?`;
const LABEL = String.raw`(?:(?:publicad[oa]|atualizad[oa]|criad[oa]|modificad[oa]|última (?:atualização|modificação))(?: em)?\s*:?\s*)?`;
const DATE_LINE = new RegExp(String.raw`^(?:${LABEL}${DAY}${TIME}[\s,.;|-]*){1,4}$`, 'iu');

const IMAGES_ONLY = /^(?:!\[[^\]]*\]\([^()\s]*\)\s*|\[!\[[^\]]*\]\([^()\s]*\)\]\([^()\s]*\)\s*)+$/;
const CLOSING_CREDIT = /^[_*\\]*\*[_*\\\s]*Com informações d[aeo]s?\s.{0,200}$/;

/** The words of a block without its marks. */
function plain(block: string): string {
  return block
    .replace(/\n[=-]{3,}$/, '')
    .replace(LINK, '$1')
    .replace(/\\(?=[!-/:-@[-`{-~])/g, '')
    .replace(/^(?:#{1,6}|>)\s+/, '')
    .replace(/\*\*|__|~~/g, '')
    .replace(/^[*_]+|[*_]+$/g, '')
    .trim();
}

/** For comparing texts that differ in case, accents, punctuation or white space only. */
function key(text: string | null): string {
  return (text ?? '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Links to the share forms of networks with nothing but their labels: the block that portals print around a text. */
function isShareBlock(block: string): boolean {
  let shareLinks = 0;
  const labels = block.replace(IMAGE, '').replace(LINK, (_, text: string, url: string) => {
    if (!SHARE_LINK.test(url)) return ` ${text} `;
    shareLinks += 1;
    return ' ';
  });
  if (shareLinks === 0) return SHARE_HEADING.test(plain(block));
  return labels.length < 500 && SHARE_LABEL.test(collapse(labels).trim());
}

/** Whether a block or a line is nothing but dates and what they are of. */
export function isDateLine(block: string): boolean {
  const text = plain(block);
  return text.length < 200 && DATE_LINE.test(text);
}

function isHeading(block: string): boolean {
  return /^#{1,6}\s/.test(block) || /\n[=-]{3,}$/.test(block);
}

function tidyLine(line: string): string {
  const text = line.trimEnd();
  return line.startsWith('  ', text.length) && text !== '' ? `${text}  ` : text;
}

function splitBlocks(markdown: string): string[] {
  return markdown
    .toWellFormed()
    .split(/\r\n?|\n/)
    .map(tidyLine)
    .join('\n')
    .split(/\n{2,}/)
    .map((block) => block.replace(/^\n+/, '').trimEnd())
    .filter((block) => block !== '');
}

/** How many blocks at the top repeat what the record says elsewhere; pictures between them are kept. */
function withoutHead(blocks: readonly string[], { title, subtitle, editorialLead }: KnownTexts): string[] {
  const known = new Set([title, subtitle, editorialLead].map(key).filter((text) => text !== ''));
  const pictures: string[] = [];
  for (const [index, block] of blocks.entries()) {
    if (IMAGES_ONLY.test(block)) pictures.push(block);
    else if (!known.has(key(plain(block))) && !isDateLine(block)) return [...pictures, ...blocks.slice(index)];
  }
  // A text that is nothing but its own subtitle is a short text, not a repetition.
  const only = blocks.find((block) => key(plain(block)) === key(subtitle) && key(subtitle) !== key(title));
  return only === undefined ? pictures : blocks.filter((block) => pictures.includes(block) || block === only);
}

/**
 * Markdown without what is not the article's text: share blocks, the title as a heading, title, subtitle, lead or a bare
 * date line at the top, a closing credit line. Blocks go by their structure, never for a word in them: a sentence with
 * "Compartilhe" or "Publicado em" stays. Cleaning a clean text changes nothing.
 */
export function cleanMarkdown(markdown: string, known: KnownTexts): string {
  const title = key(known.title);
  const blocks = splitBlocks(markdown).filter(
    (block) => !isShareBlock(block) && !(isHeading(block) && title !== '' && key(plain(block)) === title),
  );
  while (blocks.length > 1 && CLOSING_CREDIT.test(blocks.at(-1) ?? '')) blocks.pop();
  return withoutHead(blocks, known).join('\n\n');
}
