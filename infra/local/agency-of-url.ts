import { readCatalogue } from '../../shared/catalogue.ts';

/**
 * Whose page this is, by the project's catalogue, else by the address itself; null on a host of which the catalogue says
 * nothing.
 */
export async function agencyOfUrl(url: string): Promise<string | null> {
  const { hostname, pathname } = new URL(url);
  const path = pathname.split('/').filter((part) => part !== '' && part !== '++api++');
  const address = `${[`https://${hostname}`, ...path].join('/')}/`;
  const { agencies, sources } = await readCatalogue();
  const places = [
    ...sources.map((source) => ({ key: source.agencyKey, url: source.url })),
    ...agencies.flatMap((agency) => (agency.url ? { key: agency.key, url: agency.url.replace(/\/+$/, '') } : [])),
  ];
  const [place] = places
    .filter((candidate) => address.startsWith(`${candidate.url}/`))
    .toSorted((a, b) => b.url.length - a.url.length);
  if (place) return place.key;
  const [segment] = path;
  // The portal of all agencies has its language where they have their names.
  if (hostname !== 'www.gov.br' || segment === undefined || segment === 'pt-br') return null;
  return agencies.find(({ key }) => key === segment)?.key ?? segment.toLowerCase().replaceAll('-', '_');
}
