/** Engines of the sites that are read; on gov.br which one answers is found out on every run. */
export const platforms = ['classic', 'volto', 'agencia-brasil', 'tv-brasil', 'generic'] as const;
export type Platform = (typeof platforms)[number];

const PLATFORM_OF_HOST: Readonly<Record<string, Platform>> = {
  'agenciabrasil.ebc.com.br': 'agencia-brasil',
  'tvbrasil.ebc.com.br': 'tv-brasil',
};

/** The engine of a host that has one alone; null for all others. */
export function platformOfHost(hostname: string): Platform | null {
  return PLATFORM_OF_HOST[hostname] ?? null;
}
