/** Engines of the sites that are read; on gov.br which one answers is found out on every run. */
export const platforms = ['classic', 'volto', 'agencia-brasil', 'tv-brasil', 'generic'] as const;
export type Platform = (typeof platforms)[number];
