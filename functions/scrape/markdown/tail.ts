import { IMAGES_ONLY, plain } from '../../../shared/markdown/blocks.ts';
import { isContactDetail, isContactLabel, isPressOffice } from './contact-lines.ts';
import { RULE } from './separators.ts';
import { isSocialLine } from './social-lines.ts';

const CLOSING_CREDIT = /^[_*\\]*\*[_*\\\s]*Com informações d[aeo]s?\s.{0,200}$/;

const MAX_CONTACT_LINES = 20;

/** Whether every line of a block fits; long blocks are of the text. */
function isMadeOf(block: string, fits: (line: string) => boolean): boolean {
  const lines = block.split('\n', MAX_CONTACT_LINES + 1);
  return lines.length <= MAX_CONTACT_LINES && lines.every(fits);
}

function isContact(line: string): boolean {
  const text = plain(line);
  return text === '' || isPressOffice(text) || isContactDetail(text) || isSocialLine(line);
}

/**
 * The blocks without what closes a text: credits, rules, the address of the press office, profiles in networks. Pictures
 * there are kept.
 */
export function withoutTail(blocks: readonly string[]): string[] {
  let start = blocks.length;
  // Numbers and addresses are of the text unless an office stands above them.
  let hasLooseDetails = false;
  for (let index = blocks.length - 1; index >= 0; index -= 1) {
    const block = blocks[index]!;
    const isProfiles = isMadeOf(block, isSocialLine);
    if (IMAGES_ONLY.test(block) && !isProfiles) continue;
    const isLeadIn = !hasLooseDetails && start < blocks.length && isContactLabel(plain(block));
    if (!isProfiles && !isLeadIn) {
      if (isMadeOf(block, isContact)) hasLooseDetails = !block.split('\n').map(plain).some(isPressOffice);
      else if (hasLooseDetails || !(CLOSING_CREDIT.test(block) || block === RULE)) break;
    }
    if (!hasLooseDetails) start = index;
  }
  const isPicture = (block: string) => IMAGES_ONLY.test(block) && !isMadeOf(block, isSocialLine);
  if (blocks.slice(0, start).every(isPicture)) return [...blocks];
  return blocks.filter((block, index) => index < start || isPicture(block));
}
