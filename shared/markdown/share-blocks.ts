import { LINK, plain } from './blocks.ts';
import { collapse } from './collapse.ts';
import { isShareLink } from './share-links.ts';

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

/** Characters that no block for sharing has, without its links. */
const MAX_LABELS = 500;

/** What Agência Brasil has between the paragraphs. */
const CHANNEL = /^[>\s]*Siga o canal d[aeo] [\p{L} ]{1,40} no WhatsApp\.?$/iu;

/** Whether a text is links to the share forms of networks with nothing but their labels, or no more than the heading of these. */
export function shareKind(text: string): 'links' | 'heading' | null {
  // Most texts that speak of sharing are paragraphs.
  if (!text.includes('](')) return text.length < MAX_LABELS && SHARE_HEADING.test(plain(text)) ? 'heading' : null;
  let shareLinks = 0;
  const labels = text.replace(IMAGE, '').replace(LINK, (_, label: string, url: string) => {
    if (!isShareLink(url)) return ` ${label} `;
    shareLinks += 1;
    return ' ';
  });
  if (shareLinks === 0) return SHARE_HEADING.test(plain(text)) ? 'heading' : null;
  return labels.length < MAX_LABELS && SHARE_LABEL.test(collapse(labels).trim()) ? 'links' : null;
}

function isShareBlock(block: string): boolean {
  return shareKind(block) !== null || (block.length < MAX_LABELS && CHANNEL.test(plain(block)));
}

/** A block without what portals print around a text for sharing it; empty when there is nothing else. */
export function withoutShare(block: string): string {
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
