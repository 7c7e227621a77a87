import { slug } from '../../../shared/identity.ts';
import { saoPauloIso } from '../../../shared/time.ts';
import type { Random } from './random.ts';
import { monthName } from './slots.ts';
import type { SampleSource } from './sources.ts';

const PROGRAMMES = [
  'Repórter Brasil',
  'Repórter Brasil Tarde',
  'Caminhos da Reportagem',
  'Sem Censura',
  'Brasil em Dia',
];

interface Filing {
  source: SampleSource;
  category: string;
  title: string;
  publishedAt: Date;
  random: Random;
}

/** Where a source files an article: by month, by editorial section, by programme, or in one folder. */
export function articleUrl({ source, category, title, publishedAt, random }: Filing): string {
  const name = slug(title);
  const [year, month] = saoPauloIso(publishedAt).split('-');
  const { origin } = new URL(source.listingUrl);
  if (source.layout === 'agencia-brasil') return `${origin}/${slug(category)}/noticia/${year}-${month}/${name}`;
  if (source.layout === 'tv-brasil') return `${origin}/${slug(random.pick(PROGRAMMES))}/${year}/${month}/${name}`;
  // A listing called "ultimas-noticias" collects what is filed beside it.
  const root = source.listingUrl.replace(/\/ultimas-noticias$/, '');
  const folder = {
    'year/month-name': `/${year}/${slug(monthName(publishedAt))}`,
    'year/month': `/${year}/${month}`,
    year: `/${year}`,
    none: '',
  }[source.folder];
  return `${root}${folder}/${name}`;
}

/** Plone numbers an address that is taken. */
export function uniqueUrl(url: string, taken: Set<string>): string {
  let unique = url;
  for (let number = 1; taken.has(unique); number += 1) unique = `${url}-${number}`;
  taken.add(unique);
  return unique;
}

/** The programme of TV Brasil whose folder an article stands in. */
export function programmeOf(url: string): string {
  const folder = new URL(url).pathname.split('/')[1];
  return PROGRAMMES.find((name) => slug(name) === folder)!;
}
