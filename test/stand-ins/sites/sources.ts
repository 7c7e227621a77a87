/** How a source lists its news: the four classic Plone listings, Volto, and the two sites of EBC. */
export type Layout = 'tiles' | 'news-list' | 'entries' | 'items' | 'volto' | 'agencia-brasil' | 'tv-brasil';

/** What a listing prints of the publication date: some agencies only the day, some nothing. */
export type ListingDate = 'minute' | 'day' | 'none';

export interface SampleSource {
  agencyKey: string;
  name: string;
  layout: Layout;
  /** The address of the catalogue, on the real host. */
  listingUrl: string;
  /** Items on one listing page. */
  pageSize: number;
  listingDate: ListingDate;
  /** Folder of an article under the listing, as that agency files its news. */
  folder: 'year/month-name' | 'year/month' | 'year' | 'none';
  /** First-level themes this agency writes about. */
  themes: readonly string[];
}

const ALL_THEMES = Array.from({ length: 25 }, (_, index) => String(index + 1).padStart(2, '0'));

/** The sources of the sample site; together they write about all 25 themes. */
export const SAMPLE_SOURCES: readonly SampleSource[] = [
  {
    agencyKey: 'mec',
    name: 'Ministério da Educação',
    layout: 'news-list',
    listingUrl: 'https://www.gov.br/mec/pt-br/assuntos/noticias',
    pageSize: 30,
    listingDate: 'day',
    folder: 'year/month-name',
    themes: ['02', '09', '23'],
  },
  {
    agencyKey: 'saude',
    name: 'Ministério da Saúde',
    layout: 'tiles',
    listingUrl: 'https://www.gov.br/saude/pt-br/assuntos/noticias',
    pageSize: 30,
    listingDate: 'minute',
    folder: 'year/month-name',
    themes: ['03', '24', '20'],
  },
  {
    agencyKey: 'mma',
    name: 'Ministério do Meio Ambiente e Mudança do Clima',
    layout: 'items',
    listingUrl: 'https://www.gov.br/mma/pt-br/assuntos/noticias/ultimas-noticias',
    pageSize: 20,
    listingDate: 'none',
    folder: 'none',
    themes: ['05', '17'],
  },
  {
    agencyKey: 'fazenda',
    name: 'Ministério da Fazenda',
    layout: 'tiles',
    listingUrl: 'https://www.gov.br/fazenda/pt-br/assuntos/noticias',
    pageSize: 20,
    listingDate: 'day',
    folder: 'year/month-name',
    themes: ['01', '11', '21'],
  },
  {
    agencyKey: 'mcti',
    name: 'Ministério da Ciência, Tecnologia e Inovação',
    layout: 'entries',
    listingUrl: 'https://www.gov.br/mcti/pt-br/acompanhe-o-mcti/noticias/ultimas-noticias',
    pageSize: 20,
    listingDate: 'minute',
    folder: 'year/month',
    themes: ['06', '18'],
  },
  {
    agencyKey: 'cultura',
    name: 'Ministério da Cultura',
    layout: 'tiles',
    listingUrl: 'https://www.gov.br/cultura/pt-br/assuntos/noticias',
    pageSize: 60,
    listingDate: 'none',
    folder: 'none',
    themes: ['08', '22', '16'],
  },
  {
    agencyKey: 'mds',
    name: 'Ministério do Desenvolvimento e Assistência Social, Família e Combate à Fome',
    layout: 'entries',
    listingUrl:
      'https://www.gov.br/mds/pt-br/noticias-e-conteudos/desenvolvimento-social/noticias-desenvolvimento-social',
    pageSize: 30,
    listingDate: 'day',
    folder: 'none',
    themes: ['15', '14', '25', '13'],
  },
  {
    agencyKey: 'defesa',
    name: 'Ministério da Defesa',
    layout: 'items',
    listingUrl: 'https://www.gov.br/defesa/pt-br/centrais-de-conteudo/noticias',
    pageSize: 60,
    listingDate: 'none',
    folder: 'none',
    themes: ['19', '04', '12'],
  },
  {
    agencyKey: 'anvisa',
    name: 'Agência Nacional de Vigilância Sanitária',
    layout: 'volto',
    listingUrl: 'https://www.gov.br/anvisa/pt-br/assuntos/noticias-anvisa',
    pageSize: 25,
    listingDate: 'minute',
    folder: 'year',
    themes: ['03', '21'],
  },
  {
    agencyKey: 'incra',
    name: 'Instituto Nacional de Colonização e Reforma Agrária',
    layout: 'volto',
    listingUrl: 'https://www.gov.br/incra/pt-br/assuntos/noticias',
    pageSize: 25,
    listingDate: 'minute',
    folder: 'year/month',
    themes: ['10', '25'],
  },
  {
    agencyKey: 'agencia_brasil',
    name: 'Agência Brasil',
    layout: 'agencia-brasil',
    listingUrl: 'https://agenciabrasil.ebc.com.br/ultimas',
    pageSize: 20,
    listingDate: 'none',
    folder: 'none',
    themes: ALL_THEMES,
  },
  {
    agencyKey: 'tvbrasil',
    name: 'TV Brasil',
    layout: 'tv-brasil',
    listingUrl: 'https://tvbrasil.ebc.com.br/ultimas',
    pageSize: 20,
    listingDate: 'none',
    folder: 'none',
    themes: ALL_THEMES,
  },
];

/** The sample site tells the same fortnight whenever it runs, so that a second run of anything on it finds nothing new. */
export const SAMPLE_NOW = new Date('2026-11-20T18:00:00-03:00');

/** The hosts the sample site answers for. */
export const SAMPLE_HOSTS: readonly string[] = [
  ...new Set(SAMPLE_SOURCES.map((source) => new URL(source.listingUrl).host)),
];

export function isClassic(layout: Layout): boolean {
  return layout === 'tiles' || layout === 'news-list' || layout === 'entries' || layout === 'items';
}
