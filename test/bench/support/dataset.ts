import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { type DatasetRow, datasetColumns } from '../../../shared/dataset-schema.ts';
import { createParquetStream } from '../../../shared/parquet.ts';
import { plainText } from '../../stand-ins/sites/article.ts';
import { generateArticles } from '../../stand-ins/sites/generator.ts';

const shardRows = 25_000;
const firstInstant = Date.parse('2020-01-01T00:00:00-03:00') * 1000;
const agencies = ['mec', 'saude', 'mma', 'fazenda', 'cultura', 'defesa', 'esporte', 'turismo', 'mj', 'cidades'];

/** Writes shards as the predecessor's: legacy ids, texts of some 3.5 KB, summaries and themes on nine rows of ten. */
export async function writeSyntheticDataset(folder: string, rowCount: number): Promise<void> {
  await mkdir(join(folder, 'data'), { recursive: true });
  const shards = Math.ceil(rowCount / shardRows);
  const text = createText();
  for (let shard = 0; shard < shards; shard++) {
    const number = (value: number) => String(value).padStart(5, '0');
    const out = createWriteStream(join(folder, 'data', `train-${number(shard)}-of-${number(shards)}.parquet`));
    const parquet = createParquetStream({
      columns: datasetColumns,
      codec: 'snappy',
      rowGroupRows: 1000,
      write: async (bytes) => {
        if (!out.write(Buffer.from(bytes))) await once(out, 'drain');
      },
    });
    for (let index = shard * shardRows; index < Math.min(rowCount, (shard + 1) * shardRows); index++) {
      await parquet.append(syntheticRow(index, text));
    }
    await parquet.finish();
    out.end();
    await finished(out);
  }
}

function syntheticRow(index: number, text: (length: number) => string): DatasetRow {
  const agency = agencies[index % agencies.length]!;
  const id = createHash('md5').update(String(index)).digest('hex');
  const isEnriched = index % 10 > 0;
  const [code, label] = isEnriched ? ['02', 'Educação'] : [null, null];
  return {
    unique_id: id,
    agency,
    published_at: firstInstant + index * 600_000_000,
    updated_datetime: firstInstant + index * 600_000_000 + 3_600_000_000,
    extracted_at: firstInstant + index * 600_000_000 + 7_200_000_000,
    title: text(80),
    subtitle: text(120),
    editorial_lead: null,
    url: `https://www.gov.br/${agency}/pt-br/assuntos/noticias/${id}`,
    content: text(3_400),
    image: `https://www.gov.br/${agency}/pt-br/${id}.jpg`,
    video_url: null,
    category: 'Notícias',
    tags: ['governo', 'serviço público', `pauta ${index % 500}`],
    theme_1_level_1: label,
    theme_1_level_1_code: code,
    theme_1_level_1_label: label,
    theme_1_level_2_code: null,
    theme_1_level_2_label: null,
    theme_1_level_3_code: null,
    theme_1_level_3_label: null,
    most_specific_theme_code: code,
    most_specific_theme_label: label,
    summary: isEnriched ? text(400) : null,
  };
}

/** Texts of runs of words from the sample site, so that they compress and index as news do. */
function createText(): (length: number) => string {
  const articles = generateArticles({ seed: 1, articles: 200, now: new Date(0), days: 14 });
  const words = articles.flatMap((article) => plainText(article).split(/\s+/));
  let state = 1;
  const random = (bound: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state % bound;
  };
  return (length) => {
    const runs: string[] = [];
    for (let size = 0; size < length; ) {
      const start = random(words.length);
      const run = words.slice(start, start + 6 + random(20)).join(' ');
      runs.push(run);
      size += run.length + 2;
    }
    return runs
      .join(random(6) === 0 || length > 1000 ? '.\n\n' : ' ')
      .slice(0, length)
      .trim();
  };
}
