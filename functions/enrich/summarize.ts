import type { TextBlock } from '../../shared/plain-text.ts';
import { sentences, words } from './portuguese.ts';
import { termStems } from './stem.ts';

const MAXIMUM_CHARACTERS = 500;
const MAXIMUM_SENTENCES = 3;
// News tells the essential first: what stands later than this is never its summary.
const CHARACTERS_READ = 20_000;
const CANDIDATES_READ = 60;
// Shorter ones are captions, bylines and calls ("Confira.").
const MINIMUM_WORDS = 6;
// Above this cosine two sentences say the same.
const SAME = 0.7;

const WEIGHT = { position: 1, title: 0.7, centrality: 1, leaning: 0.6 };
const POSITION_DECAY = 0.25;

const END = /[.!?…]["”’'»)\]]*$/;
// A sentence that opens so leans on the one before it, quotes somebody, or sends the reader elsewhere.
const LEANING =
  /^(?:["“‘«*]|(?:el[ea]s?|iss[oa]|ess[ea]s?|já|mas|porém|também|além diss[oa]|por isso|assim|ainda|segundo el[ea]|de acordo com el[ea]|na ocasião|outr[oa]s?|foto|fonte|crédito|com informações|leia|saiba mais|clique|acesse|confira|assista|veja)(?!\p{L}))/iu;

interface Candidate {
  text: string;
  position: number;
  /** Stem → how often it occurs. */
  counts: ReadonlyMap<string, number>;
}

/**
 * Two or three telling sentences of an article, verbatim and in their order, at most 500 characters in all.
 *
 * Scored by position, by what they share with the title, and by how central they are to the text.
 * Null where there is no text. The same input always gives the same summary.
 */
export function summarize(title: string, blocks: readonly TextBlock[]): string | null {
  const candidates = collectCandidates(title, blocks);
  const titleStems = new Set(termStems(title));
  const whole = sum(candidates.map((candidate) => candidate.counts));
  const ranked = candidates
    .map((candidate) => ({ ...candidate, score: scoreOf(candidate, whole, titleStems) }))
    .sort((a, b) => b.score - a.score || a.position - b.position);

  const chosen: Candidate[] = [];
  let length = 0;
  for (const candidate of ranked) {
    if (chosen.length === MAXIMUM_SENTENCES) break;
    if (length + candidate.text.length > MAXIMUM_CHARACTERS) continue;
    if (chosen.some((other) => cosine(candidate.counts, other.counts) > SAME)) continue;
    chosen.push(candidate);
    length += candidate.text.length + 1;
  }
  if (chosen.length === 0) return ranked[0] ? cut(ranked[0].text) : null;
  chosen.sort((a, b) => a.position - b.position);
  return chosen.map((candidate) => candidate.text).join(' ');
}

function collectCandidates(title: string, blocks: readonly TextBlock[]): Candidate[] {
  const titleKey = termStems(title).join(' ');
  const complete: Candidate[] = [];
  const fragments: Candidate[] = [];
  let left = CHARACTERS_READ;
  for (const { kind, text } of blocks) {
    if (left <= 0 || complete.length >= CANDIDATES_READ) break;
    if (kind === 'heading' || kind === 'table') continue;
    for (const sentence of sentences(text.slice(0, left))) {
      const stems = termStems(sentence);
      if (stems.length === 0 || stems.join(' ') === titleKey) continue;
      const isComplete = kind === 'prose' && END.test(sentence) && words(sentence).length >= MINIMUM_WORDS;
      const group = isComplete ? complete : fragments;
      group.push({ text: sentence, position: group.length, counts: countOf(stems) });
    }
    left -= text.length;
  }
  return (complete.length > 0 ? complete : fragments).slice(0, CANDIDATES_READ);
}

function scoreOf(candidate: Candidate, whole: ReadonlyMap<string, number>, titleStems: ReadonlySet<string>): number {
  let shared = 0;
  for (const stem of titleStems) if (candidate.counts.has(stem)) shared += 1;
  const score =
    WEIGHT.position / (1 + POSITION_DECAY * candidate.position) +
    WEIGHT.title * (titleStems.size > 0 ? shared / titleStems.size : 0) +
    WEIGHT.centrality * cosine(candidate.counts, whole);
  return LEANING.test(candidate.text) ? score * WEIGHT.leaning : score;
}

function countOf(stems: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  return counts;
}

function sum(all: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const total = new Map<string, number>();
  for (const counts of all) for (const [stem, count] of counts) total.set(stem, (total.get(stem) ?? 0) + count);
  return total;
}

function cosine(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let dot = 0;
  for (const [stem, count] of a) dot += count * (b.get(stem) ?? 0);
  return dot === 0 ? 0 : dot / (norm(a) * norm(b));
}

function norm(counts: ReadonlyMap<string, number>): number {
  let squares = 0;
  for (const count of counts.values()) squares += count * count;
  return Math.sqrt(squares);
}

/** The beginning of a sentence that alone is longer than a summary, up to a word's end. */
function cut(text: string): string {
  if (text.length <= MAXIMUM_CHARACTERS) return text;
  const head = text.slice(0, MAXIMUM_CHARACTERS - 1);
  return `${head.replace(/\s+\S*$|[\uD800-\uDBFF]$/, '')}…`;
}
