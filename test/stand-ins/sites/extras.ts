import type { Block, SampleArticle } from './article.ts';
import type { Random } from './random.ts';
import { fillSlots, type Slots } from './slots.ts';

const HEADINGS = ['Próximas etapas', 'Como participar', 'Saiba mais', 'Entenda a medida', 'Resultados esperados'];
const LISTS = [
  ['Inscrição pela internet até {dia}', 'Análise dos pedidos por *duas equipes*', 'Resultado na página do órgão'],
  ['{numero} equipes em campo', '{numero2} pontos de atendimento', '{milhoes} previstos para {ano}'],
  ['Documento com foto', 'Comprovante de residência em {municipio} ({uf})', 'Formulário assinado'],
];
const QUOTES = [
  '“O que muda é o tempo de resposta: antes eram meses, agora são dias”, afirmou {pessoa2}.',
  '“Compartilhe o que aprendeu” foi o pedido de {pessoa2} às equipes no encerramento.',
];

/** Real sentences that look like the labels around an article: a cleaner that goes by the words alone deletes them. */
const LOOKALIKES = [
  'Publicado em {ano}, o guia que orienta as equipes ganhou uma versão resumida para os municípios.',
  'Compartilhe com a coordenação local as dúvidas que surgirem: elas serão respondidas até {dia}.',
  'O servidor foi indicado ao cargo *por* determinação da coordenação, que mantém a equipe de {numero} pessoas.',
  'A chamada de P&D aceita propostas até {dia}; as regras valem para {numero2} instituições da região {regiao}.',
  'As tags usadas nos equipamentos permitem acompanhar cada lote. Clique, leia e confira: o painel é *aberto a todos*.',
];

/** Now and then adds what rich bodies hold besides paragraphs, never before the first one. */
export function withExtras(body: readonly Block[], random: Random, slots: Slots): Block[] {
  const blocks = [...body];
  const fill = (text: string) => fillSlots(text, slots, random);
  const insert = (...extra: Block[]) => blocks.splice(random.integer(1, blocks.length), 0, ...extra);
  if (random.chance(0.4)) insert({ kind: 'paragraph', text: fill(random.pick(LOOKALIKES)) });
  if (random.chance(0.2)) insert({ kind: 'quote', text: fill(random.pick(QUOTES)) });
  if (random.chance(0.2)) {
    insert({ kind: 'heading', text: random.pick(HEADINGS) }, { kind: 'list', items: random.pick(LISTS).map(fill) });
  }
  if (random.chance(0.12)) insert({ kind: 'table', rows: table(slots) });
  return blocks;
}

function table({ municipio, regiao, numero, numero2, milhares }: Slots): string[][] {
  return [
    ['Local', 'Equipes', 'Pessoas atendidas'],
    [municipio!, numero!, milhares!],
    [`Demais municípios da região ${regiao}`, numero2!, 'em apuração'],
  ];
}

/** The picture at the top of a body, under an address relative to the page, as the editor of Plone writes it. */
export function leadImage(article: Pick<SampleArticle, 'layout' | 'title' | 'url'>, random: Random) {
  const uid = random.hex(32);
  switch (article.layout) {
    case 'tv-brasil':
      return null;
    case 'agencia-brasil':
      return { imageUrl: `https://imagens.ebc.com.br/${uid}/agenciabrasil/${random.hex(8)}.jpg`, block: null };
    case 'volto':
      return { imageUrl: `${article.url}/@@images/image-1200-${uid}.png`, block: null };
    default: {
      const src = `resolveuid/${uid}/@@images/image`;
      const block: Block = { kind: 'image', src, alt: article.title };
      return { imageUrl: new URL(src, article.url).href, block };
    }
  }
}
