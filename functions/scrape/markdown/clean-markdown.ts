import { collapse } from '../html.ts';
import { IMAGES_ONLY, key, LINK, plain, splitBlocks } from './blocks.ts';
import { RULE, tidyRules, withRules } from './separators.ts';
import { isShareLink } from './share-links.ts';
import { withoutTail } from './tail.ts';

/** What the record holds in fields of its own, so that the text need not repeat it. */
export interface KnownTexts {
  title: string;
  subtitle: string | null;
  editorialLead: string | null;
}

const IMAGE = /!\[(?:[^[\]\\]|\\.)*\]\([^()\s]*\)/g;
const CLIPBOARD = '(?:link para )?copiar(?: o)?(?: para)?(?: a)? (?:área de transferência|link)';
const NETWORK = 'facebook|twitter|x|linkedin|whatsapp|telegram|bluesky|threads|pinterest|reddit|e-?mail';
const SHARE_LABEL = new RegExp(
  String.raw`^(?:${CLIPBOARD}|(?:compartilh(?:e|ar)|envi(?:e|ar))(?: (?:esta?|isso|nas redes sociais|notícia|conteúdo|página|por|pelo|no|na|via|em))*|${NETWORK}|imprimir|\d{1,3}[.)](?=\s|$)|[\s:|•·*,>#-])*$`,
  'i',
);
/** The same without links to tell it from a sentence: only what such a block begins with or holds besides. */
const SHARE_HEADING = new RegExp(
  String.raw`^(?:compartilh(?:e|ar)(?: (?:esta?|[ao]|isso|notícia|conteúdo|página|matéria|artigo|nas redes sociais))*|${CLIPBOARD})\s*:?$`,
  'i',
);

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

/** What Agência Brasil has between the paragraphs. */
const CHANNEL = /^[>\s]*Siga o canal d[aeo] [\p{L} ]{1,40} no WhatsApp\.?$/iu;

/** Links to the share forms of networks with nothing but their labels, or no more than the heading of these. */
function shareKind(text: string): 'links' | 'heading' | null {
  let shareLinks = 0;
  const labels = text.replace(IMAGE, '').replace(LINK, (_, label: string, url: string) => {
    if (!isShareLink(url)) return ` ${label} `;
    shareLinks += 1;
    return ' ';
  });
  if (shareLinks === 0) return SHARE_HEADING.test(plain(text)) ? 'heading' : null;
  return labels.length < 500 && SHARE_LABEL.test(collapse(labels).trim()) ? 'links' : null;
}

function isShareBlock(block: string): boolean {
  return shareKind(block) !== null || (block.length < 500 && CHANNEL.test(plain(block)));
}

/** A block without what portals print around a text for sharing it; empty when there is nothing else. */
function withoutShare(block: string): string {
  if (isShareBlock(block)) return '';
  const kept: string[] = [];
  let run: string[] = [];
  let isShare = false;
  const endRun = () => {
    if (!isShare) kept.push(...run);
    run = [];
    isShare = false;
  };
  for (const line of block.split('\n')) {
    const kind = shareKind(line);
    if (kind === null) {
      endRun();
      kept.push(line);
      continue;
    }
    run.push(line);
    // A heading is told from a line of the text by its colon or by the links beside it.
    isShare ||= kind === 'links' || line.trimEnd().endsWith(':');
  }
  endRun();
  const rest = kept.join('\n').trimEnd();
  return rest === '' || isShareBlock(rest) ? '' : rest;
}

/** Whether a block or a line is nothing but dates and what they are of. */
export function isDateLine(block: string): boolean {
  const text = plain(block);
  return text.length < 200 && DATE_LINE.test(text.replace(AUTHOR_AROUND, ''));
}

function isHeading(block: string): boolean {
  return /^#{1,6}\s/.test(block) || /\n[=-]{3,}$/.test(block);
}

/** A block without the lines at its top that fit, and what underlines them as a heading. */
function withoutLines(block: string, fits: (line: string) => boolean): string {
  if (fits(block)) return '';
  const lines = block.split('\n');
  const start = lines.findIndex((line, index) => !fits(line) && !(index > 0 && /^[=-]{3,}\s*$/.test(line)));
  if (start === -1) return '';
  return start > 0 ? withoutLines(lines.slice(start).join('\n'), fits) : block;
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
