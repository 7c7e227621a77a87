import { styleText } from 'node:util';
import type { SearchResult } from '../../functions/api/search/contract.ts';
import type { SearchAnswer } from '../../functions/api/search/search.ts';
import type { SimilarAnswer } from '../../functions/api/search/similar.ts';
import { saoPauloDay } from '../../shared/time.ts';
import { printable } from './printable.ts';

const snippetCharacters = 300;

/** An answer as a person likes to read it; what was found stands out on a terminal. */
export function formatAnswer(answer: SearchAnswer | SimilarAnswer): string {
  return [
    headline(answer),
    ...(answer.degraded ? [answer.degraded.detail] : []),
    ...answer.results.flatMap((result, index) => ['', ...formatResult(result, index + 1)]),
    ...('query' in answer ? [...formatFacets(answer), ...formatNext(answer)] : []),
  ].join('\n');
}

function headline(answer: SearchAnswer | SimilarAnswer): string {
  if (!('query' in answer)) return `${answer.count} similar to ${printable(answer.unique_id)}`;
  if (answer.count === 0) return 'Nothing found';
  const { count, is_exact: isExact } = answer.total;
  return `${answer.count} of ${isExact ? '' : 'more than '}${count}`;
}

function formatResult(result: SearchResult, place: number): string[] {
  const { title, agency, published_at: publishedAt, theme, url, summary, highlight, copies } = result;
  const facts = [agency, saoPauloDay(publishedAt), ...(theme ? [theme.label] : [])].map((fact) => printable(fact));
  const snippet = highlight?.snippet ? show(highlight.snippet) : summary ? printable(summary, snippetCharacters) : '';
  return [
    `${String(place).padStart(3)}. ${highlight?.title ? show(highlight.title) : printable(title, snippetCharacters)}`,
    `     ${facts.join(' · ')}${copies.length > 0 ? ` · also published as ${copies.length} more` : ''}`,
    `     ${printable(url, 1000)}`,
    ...(snippet ? [`     ${snippet}`] : []),
    styleText('dim', `     ${printable(result.unique_id)}`),
  ];
}

/** The marks of HTML as those of a terminal; elsewhere there are none. */
function show(html: string): string {
  return html
    .split(/(<mark>.*?<\/mark>)/)
    .map((part) => {
      const text = printable(unescapeHtml(part.replace(/<\/?mark>/g, '')), snippetCharacters);
      return part.startsWith('<mark>') ? styleText('bold', text) : text;
    })
    .join('');
}

const characters: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };

function unescapeHtml(html: string): string {
  return html.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => characters[entity]!);
}

function formatFacets({ facets = {} }: SearchAnswer): string[] {
  return Object.entries(facets).flatMap(([name, values]) => [
    '',
    `By ${name}`,
    ...values.map(({ value, label, count }) => {
      const text = printable(value === label ? value : `${value} ${label}`);
      return `${String(count).padStart(8)}  ${text}`;
    }),
  ]);
}

function formatNext({ next }: SearchAnswer): string[] {
  return next ? ['', `Next page: --cursor ${next}`] : [];
}
