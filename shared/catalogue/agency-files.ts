import { z } from 'zod';
import type { AgencyEntry, CatalogueEntries, SourceEntry } from '../catalogue.ts';
import { type Platform, platformOfHost } from '../platform.ts';
import {
  agencyKey,
  list,
  map,
  optionalAgencyKey,
  optionalFlag,
  optionalInstant,
  optionalPlatform,
  optionalText,
  optionalWebUrl,
  sourceUrl,
  text,
} from './fields.ts';
import { parsePart, type YamlFile } from './yaml-file.ts';

// Our own file is strict, so that a misspelt field is found; the predecessor's may hold fields that nobody reads any more.
const agencyList = list(
  z.strictObject({
    key: agencyKey,
    name: text,
    type: optionalText,
    parent: optionalAgencyKey,
    url: optionalWebUrl,
    sources: list(z.strictObject({ url: sourceUrl, platform: optionalPlatform, active: optionalFlag })),
  }),
);

const agencyMap = map(
  agencyKey,
  z.object({ name: text, type: optionalText, parent: optionalAgencyKey, url: optionalWebUrl }),
);

const siteUrls = map(
  agencyKey,
  z.object({
    url: z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(sourceUrl)),
    active: optionalFlag,
    scraper_type: z.enum(['html', 'plone6_api']).optional(),
    disabled_reason: optionalText,
    disabled_date: optionalInstant,
  }),
);

/** Section `agencies` of our own format: a list of agencies, each with its sources. */
export function readAgencyList(file: YamlFile, path: readonly PropertyKey[], part: unknown): Partial<CatalogueEntries> {
  const agencies: AgencyEntry[] = [];
  const sources: SourceEntry[] = [];
  for (const [index, entry] of parsePart(file, path, part, agencyList).entries()) {
    const { key, name, type, parent, url } = entry;
    agencies.push({ key, name, type, parentKey: parent, url, origin: file.locate([...path, index]) });
    for (const [sourceIndex, source] of entry.sources.entries()) {
      sources.push({
        agencyKey: key,
        url: source.url,
        platform: source.platform ?? platformOfUrl(source.url),
        isActive: source.active,
        disabledReason: null,
        disabledAt: null,
        origin: file.locate([...path, index, 'sources', sourceIndex]),
      });
    }
  }
  return { agencies, sources };
}

/** The predecessor's `agencies.yaml`: section `sources` maps a key to name, type, parent and address. */
export function readAgencyMap(file: YamlFile, path: readonly PropertyKey[], part: unknown): Partial<CatalogueEntries> {
  const agencies = Object.entries(parsePart(file, path, part, agencyMap)).map(([key, { name, type, parent, url }]) => ({
    key,
    name,
    type,
    parentKey: parent,
    url,
    origin: file.locate([...path, key]),
  }));
  return { agencies };
}

/** The predecessor's `site_urls.yaml`: section `agencies` maps a key to one listing, or several. */
export function readSiteUrls(file: YamlFile, path: readonly PropertyKey[], part: unknown): Partial<CatalogueEntries> {
  const sources = Object.entries(parsePart(file, path, part, siteUrls)).flatMap(([key, site]) =>
    site.url.map((url) => ({
      agencyKey: key,
      url,
      platform: platformOfUrl(url) ?? platformOfScraper(site.scraper_type),
      isActive: site.active,
      disabledReason: site.disabled_reason,
      disabledAt: site.disabled_date,
      origin: file.locate([...path, key]),
    })),
  );
  return { sources };
}

function platformOfUrl(url: string): Platform | null {
  return platformOfHost(new URL(url).hostname);
}

function platformOfScraper(scraperType: 'html' | 'plone6_api' | undefined): Platform | null {
  if (scraperType === 'plone6_api') return 'volto';
  return scraperType === 'html' ? 'classic' : null;
}
