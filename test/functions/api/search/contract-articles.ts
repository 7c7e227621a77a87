import { encoder } from '../api-server.ts';

/** An article to search for; what is left out is of no matter. */
export interface ContractArticle {
  id: string;
  title: string;
  content?: string;
  summary?: string;
  /** Default `mec`; agencies and themes are those of `seedCatalogue`. */
  agency?: 'mec' | 'saude' | 'ibge';
  /** Codes of its themes, one a level. */
  themes?: string[];
  tags?: string[];
  publishedAt: string;
  /** Default: long ago. */
  createdAt?: string;
  contentHash?: string;
  /** Default `contractModel`; null: no vector. Vectors are made of title and content by `embed`. */
  model?: string | null;
}

export const contractModel = encoder.model;

export async function embed(text: string): Promise<Float32Array> {
  const [vector] = await encoder.encode([text]);
  return vector!;
}

/** The newest first, but for the copy of a text. */
export const contractArticles: readonly ContractArticle[] = [
  {
    id: 'censo_000004',
    title: 'Censo mostra envelhecimento da população',
    content: 'A idade mediana passou a 35 anos.',
    summary: 'A população envelhece.',
    agency: 'ibge',
    tags: ['IBGE', 'Enem'],
    publishedAt: '2026-01-08T00:00:00-03:00',
  },
  {
    id: 'vacina_000003',
    title: 'Campanha de vacinação contra o sarampo começa na segunda',
    content: 'Crianças de até cinco anos recebem a dose nos postos.',
    agency: 'saude',
    themes: ['03'],
    tags: ['sus'],
    publishedAt: '2026-01-07T23:30:00-03:00',
  },
  {
    id: 'exame_000002',
    title: 'Abertas as inscrições para o exame nacional',
    content: 'É preciso confirmar a participação.',
    summary: 'Os candidatos têm até sexta-feira.',
    themes: ['02', '02.01', '02.01.01'],
    tags: ['Enem'],
    publishedAt: '2026-01-06T10:00:00-03:00',
  },
  {
    id: 'educacao_000001',
    title: 'Governo amplia investimento em educação básica',
    content: 'Recursos chegam às redes municipais a partir de março.',
    themes: ['02', '02.01'],
    publishedAt: '2026-01-05T10:00:00-03:00',
  },
  {
    id: 'ferrovia-ibge_000007',
    title: 'Ferrovia Norte-Sul recebe novos trilhos!',
    content: 'Trilhos novos.',
    agency: 'ibge',
    contentHash: 'aaaaaaaaaaaaaaaa',
    publishedAt: '2026-01-04T10:00:00-03:00',
  },
  {
    id: 'tags_000008',
    title: 'Etiquetas de toda sorte',
    content: 'Nada mais.',
    tags: [
      'R$ 1,5',
      'a, b',
      '`crase`',
      'x && y',
      '(parênteses)',
      '[lista]',
      '!!!',
      "d'água",
      'barra\\',
      '100%',
      'a:=b',
    ],
    publishedAt: '2026-01-03T12:00:00-03:00',
  },
  {
    id: 'marcas_000009',
    title: 'Um <b>negrito</b> & um <script>alert(1)</script>',
    content: 'Texto com **negrito**, <img src=x onerror=alert(1)> e <mark>marca</mark> do autor.',
    publishedAt: '2026-01-03T10:00:00-03:00',
  },
  {
    id: 'ferrovia-mec_000006',
    title: 'Ferrovia Norte-Sul recebe novos trilhos',
    content: 'Trilhos novos.',
    contentHash: 'aaaaaaaaaaaaaaaa',
    publishedAt: '2026-01-02T10:00:00-03:00',
  },
  {
    id: 'outro-modelo_000010',
    title: 'Aquicultura marinha',
    content: 'Tilápias em tanques.',
    model: 'outro-modelo',
    publishedAt: '2025-12-20T10:00:00-03:00',
  },
  {
    id: 'sem-vetor_000011',
    title: 'Biblioteca reabre',
    content: 'Livros.',
    model: null,
    publishedAt: '2025-12-19T10:00:00-03:00',
  },
];

/** Ids by their beginnings, as a text. */
export function ids(names: string): string[] {
  return names
    .split(' ')
    .filter(Boolean)
    .map((name) => contractArticles.find(({ id }) => id.startsWith(`${name}_`))!.id);
}
