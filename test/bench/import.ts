import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { importDataset } from '../../functions/import/import.ts';
import { repairs } from '../../functions/import/repair.ts';
import { prepareDatabase } from '../../infra/local/local-database.ts';
import { parseInteger } from '../../infra/local/options.ts';
import { createProgress } from '../../infra/local/progress.ts';
import { openDatasetFolder } from '../../shared/dataset-folder.ts';
import type { DatasetSource } from '../../shared/dataset-source.ts';
import { silentLogger } from '../../shared/log.ts';
import { openPostgres } from '../../shared/postgres.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { copyIn, copyOut } from './support/copy.ts';
import { writeSyntheticDataset } from './support/dataset.ts';

export const description = 'a dataset into an empty table with all its indexes, against plain COPY';

export const options = [
  new Option('--path <folder>', 'Parquet files to import, in place of some that are made'),
  new Option('--rows <n>', 'rows of those that are made').argParser(parseInteger(1, 10_000_000)).default(20_000),
  new Option('--batch-size <n>', 'rows of a transaction').argParser(parseInteger(1, 100_000)).default(1000),
  new Option('--database-url <url>', 'a server to make databases of its own on, in place of one of its own'),
];

interface ImportBenchOptions {
  path?: string;
  rows: number;
  batchSize: number;
  databaseUrl?: string;
}

/**
 * Imports a dataset twice, each time into a database of its own on the server: first without the words of the full text,
 * which cost more than all the rest, then with them. Beside each stands a plain COPY of the same rows into a table with
 * the same indexes, triggers and references. `rows_per_second` is that of the first.
 */
export async function run({
  path,
  rows,
  batchSize,
  databaseUrl,
}: ImportBenchOptions): Promise<Record<string, unknown>> {
  const scratch = await mkdtemp(join(tmpdir(), 'bench-import-'));
  const server = databaseUrl ? undefined : await startPostgres();
  try {
    if (!path) {
      console.error(`writing ${rows} rows`);
      await writeSyntheticDataset(scratch, rows);
    }
    const setup = {
      serverUrl: databaseUrl ?? server!.url,
      source: await openDatasetFolder(path ?? scratch),
      batchSize,
      copyFile: join(scratch, 'rows.copy'),
    };
    const plain = await measure(setup, { hasFullText: false });
    const full = await measure(setup, { hasFullText: true });
    return { ...plain, with_full_text: full };
  } finally {
    server?.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Setup {
  serverUrl: string;
  source: DatasetSource;
  batchSize: number;
  copyFile: string;
}

async function measure(setup: Setup, { hasFullText }: { hasFullText: boolean }) {
  const { serverUrl, source, batchSize, copyFile } = setup;
  const label = hasFullText ? 'with full text' : 'without full text';
  const scratch = await createScratchDatabase(serverUrl);
  try {
    const { db } = scratch;
    await prepareDatabase(db);
    if (!hasFullText) await db.query(withoutWords);
    const memory = watchMemory();
    const cpu = process.cpuUsage();
    const progress = createProgress();
    const { report, seconds, storing_seconds } = await importDataset(
      { source, batchSize, repairs: [...repairs], createMissing: true, isResumed: false },
      {
        db,
        log: silentLogger,
        progress: ({ rowsDone, rowCount, rowsPerSecond }) =>
          progress.update(`${label}: ${rowsDone} of ${rowCount} rows, ${Math.round(rowsPerSecond)} a second`),
      },
    );
    const peakRssMb = memory.stop();
    const { user, system } = process.cpuUsage(cpu);
    const { rows: columns } = await db.query<{ name: string }>(storedColumns);
    const list = columns.map(({ name }) => name).join(', ');
    await copyOut(scratch.url, `copy (select ${list} from news) to stdout`, copyFile);
    await db.query(equalTable);
    const copySeconds = await copyIn(scratch.url, `copy copied (${list}) from stdin`, copyFile);
    const { rows } = await db.query<{ count: number }>('select count(*) as count from copied');
    const articles = rows[0]!.count;
    return {
      rows: report.rows,
      articles,
      seconds,
      rows_per_second: Math.round(report.rows / seconds),
      peak_rss_mb: peakRssMb,
      storing_seconds,
      // of this process: reading, repairing, sending; the database works beside it
      cpu_seconds: Math.round((user + system) / 10_000) / 100,
      copy_seconds: Math.round(copySeconds * 100) / 100,
      copy_rows_per_second: Math.round(articles / copySeconds),
      share_of_copy: Math.round((report.rows / seconds / (articles / copySeconds)) * 100) / 100,
    };
  } finally {
    await scratch.drop();
  }
}

async function createScratchDatabase(serverUrl: string) {
  const admin = await openPostgres({ url: serverUrl }, { maxConnections: 1, statementTimeoutMs: 0 });
  const name = `bench_import_${randomBytes(4).toString('hex')}`;
  await admin.query(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const db = await openPostgres({ url: url.href }, { statementTimeoutMs: 0 });
  return {
    url: url.href,
    db,
    drop: async () => {
      await db.close();
      await admin.query(`drop database ${name} with (force)`);
      await admin.close();
    },
  };
}

/** Everything of the table stays, but nothing is parsed. */
const withoutWords = `
  create or replace function search_vector(title text, subtitle text, editorial_lead text, summary text, tags text[],
    content text) returns tsvector language sql stable parallel safe return ''::tsvector`;

const storedColumns = `
  select attname as name from pg_attribute
  where attrelid = 'news'::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attname <> 'search'
  order by attnum`;

/** A table with the columns, indexes, triggers and references of `news`. */
const equalTable = `
  create table copied (like news including all);
  create trigger copied_before_insert before insert on copied for each row execute function news_before_write();
  alter table copied add foreign key (agency_id) references agencies, add foreign key (theme_l1_id) references themes,
    add foreign key (theme_l2_id) references themes, add foreign key (theme_l3_id) references themes;
  `;

/** The most memory that this process holds from now on. */
function watchMemory() {
  let peak = process.memoryUsage.rss();
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.round(peak / 1024 / 1024);
    },
  };
}
