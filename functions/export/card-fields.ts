import type { datasetColumns } from '../../shared/dataset-schema.ts';

/** What each column holds, for the dataset card. */
export const fieldDescriptions: Readonly<Record<(typeof datasetColumns)[number]['name'], string>> = {
  unique_id: 'identificador estável da notícia',
  agency: 'chave do órgão que publicou',
  published_at: 'data e hora da publicação, no horário de Brasília (−03:00)',
  updated_datetime: 'data e hora da última alteração informada pelo site',
  extracted_at: 'data e hora em que esta versão foi coletada, em UTC, sem fuso no tipo',
  title: 'título',
  subtitle: 'linha fina, abaixo do título',
  editorial_lead: 'chapéu, ou nome do programa de TV',
  url: 'endereço da página original',
  content: 'texto integral, em Markdown',
  image: 'endereço da primeira imagem',
  video_url: 'endereço do vídeo (MP4)',
  category: 'seção do site',
  tags: 'palavras-chave dadas pelo site',
  theme_1_level_1: 'tema de primeiro nível (o mesmo que `theme_1_level_1_label`)',
  theme_1_level_1_code: 'código do tema de primeiro nível',
  theme_1_level_1_label: 'nome do tema de primeiro nível',
  theme_1_level_2_code: 'código do tema de segundo nível',
  theme_1_level_2_label: 'nome do tema de segundo nível',
  theme_1_level_3_code: 'código do tema de terceiro nível',
  theme_1_level_3_label: 'nome do tema de terceiro nível',
  most_specific_theme_code: 'código do tema mais específico entre os três níveis',
  most_specific_theme_label: 'nome do tema mais específico entre os três níveis',
  summary: 'resumo escrito por inteligência artificial',
};
