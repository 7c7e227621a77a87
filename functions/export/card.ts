import { type DatasetColumn, datasetColumns } from '../../shared/dataset-schema.ts';
import { fieldDescriptions } from './card-fields.ts';
import { mergeFrontMatter } from './front-matter.ts';
import type { Coverage } from './sql.ts';

/** What a dataset card states. */
export interface CardFacts extends Coverage {
  rowCount: number;
  columns: readonly DatasetColumn[];
  /** Address of the dataset, null where it has none. */
  url: string | null;
}

const START = '<!-- parte gerada: o que está entre esta marca e a próxima é reescrito a cada atualização -->';
const END = '<!-- fim da parte gerada -->';

/**
 * The dataset card (`README.md`): the same facts give the same text. What people wrote outside the marks stays, as do
 * their metadata; a card without marks gets the generated part at its end.
 *
 * @param existing the card as it stands, null without one. Returned as it is when its front matter cannot be read, or it
 * has only one of the marks: what lies beyond the other may be anybody's.
 */
export function writeCard(existing: string | null, facts: CardFacts): string {
  const title = titleOf(facts);
  const { yaml, body } = splitCard(existing ?? '');
  const frontMatter = mergeFrontMatter(yaml, { title });
  const text = replaceGenerated(body.trim() === '' ? introduction(title) : body, facts);
  if (existing !== null && (frontMatter === null || text === null)) return existing;
  return `---\n${frontMatter}\n---\n${text}`;
}

function titleOf({ columns }: CardFacts): string {
  const isReduced = columns.length < datasetColumns.length;
  return `DestaquesGovBr: notícias do governo federal${isReduced ? ' (versão reduzida)' : ''}`;
}

function splitCard(card: string): { yaml: string | null; body: string } {
  const match = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)(?:\r?\n)?^---[ \t]*(?:\r?\n|$)/m.exec(card);
  return match?.index === 0 ? { yaml: match[1]!, body: card.slice(match[0].length) } : { yaml: null, body: card };
}

function replaceGenerated(body: string, facts: CardFacts): string | null {
  const generated = `${START}\n\n${generatedPart(facts)}\n\n${END}`;
  const start = body.indexOf(START);
  const end = body.indexOf(END, start);
  if (start >= 0 && end >= 0) return body.slice(0, start) + generated + body.slice(end + END.length);
  if (start >= 0 || body.includes(END)) return null;
  return `${body.trimEnd()}\n\n${generated}\n`;
}

function introduction(title: string): string {
  return `
# ${title}

Notícias publicadas pelos órgãos do governo federal brasileiro no gov.br e na EBC, coletadas e organizadas pelo projeto
DestaquesGovBr.

<!-- O que está fora das marcas abaixo é de quem mantém o conjunto de dados, e fica como está. -->
`;
}

function generatedPart(facts: CardFacts): string {
  return [coverage(facts), fields(facts), files(facts), licence, citation(facts)].join('\n\n');
}

function coverage({ rowCount, firstDay, lastDay, agencyCount }: CardFacts): string {
  const count = (value: number) => value.toLocaleString('pt-BR');
  const day = (text: string | null) => text?.split('-').reverse().join('/') ?? '–';
  return `## Cobertura

| | |
|---|---|
| notícias | ${count(rowCount)} |
| primeira publicação | ${day(firstDay)} |
| última publicação | ${day(lastDay)} |
| órgãos | ${count(agencyCount)} |`;
}

function fields({ columns }: CardFacts): string {
  const descriptions: Readonly<Record<string, string>> = fieldDescriptions;
  const rows = columns.map(({ name, type }) => `| \`${name}\` | \`${type}\` | ${descriptions[name]} |`);
  return `## Campos

Qualquer campo pode ser nulo.

| campo | tipo | conteúdo |
|---|---|---|
${rows.join('\n')}`;
}

function files({ url }: CardFacts): string {
  const repo = url ? new URL(url).pathname.split('/').slice(-2).join('/') : null;
  return `## Arquivos

Cada arquivo Parquet de \`data/\` reúne as notícias de um mês, ou de um dia do mês corrente, pela data de publicação em
−03:00; um período grande se divide em partes numeradas. Correções, remoções e temas que chegam depois reescrevem só o
arquivo do seu período, e cada notícia está em um único arquivo.

\`\`\`python
from datasets import load_dataset

noticias = load_dataset(${repo ? `"${repo}"` : '"parquet", data_files="data/train-*.parquet"'}, split="train")
\`\`\``;
}

const licence = `## Licença dos textos

Os textos pertencem aos órgãos que os publicaram e seguem a licença da página de origem, no campo \`url\`. As páginas do
gov.br trazem, em regra, a licença Creative Commons Atribuição-SemDerivações 3.0 Não Adaptada; confira a página antes de
reutilizar um texto, e cite o órgão como fonte.`;

function citation(facts: CardFacts): string {
  const { lastDay, url } = facts;
  const lines = [
    `  title = {${titleOf(facts)}}`,
    '  author = {{DestaquesGovBr}}',
    ...(lastDay ? [`  year = {${lastDay.slice(0, 4)}}`] : []),
    ...(url ? [`  url = {${url}}`] : []),
  ];
  return `## Como citar

\`\`\`bibtex
@misc{destaquesgovbr,
${lines.join(',\n')}
}
\`\`\``;
}
