import type { Database } from '../../shared/database.ts';
import type { Encoder } from '../../shared/encoder.ts';
import { pendingColumns, type StageTargets } from '../../shared/pending.ts';
import { bindings } from '../../shared/sql/bindings.ts';
import { summaryOf } from '../stand-ins/enricher.ts';
import type { StoredDocument } from '../stand-ins/typesense-collection.ts';
import type { Expected } from './stories.ts';

export interface Verdict {
  /** Articles that are missing in Postgres or in the index, or that a stage has not reached. */
  lost: number;
  /** Articles with more than one row or document, and documents of no article. */
  doubled: number;
  /** Articles whose row or document shows anything but the last revision. */
  stale: number;
  /** What is wrong with which article, for people. */
  problems: string[];
}

interface ArticleRow {
  id: string;
  canonicalUrl: string;
  title: string;
  content: string;
  tags: string[];
  version: number;
  summary: string | null;
  embeddingText: string;
  vector: string | null;
  isRemoved: boolean;
  enrichPending: boolean;
  embedPending: boolean;
  syncPending: boolean;
}

/** Holds every article against its last revision: its row, its summary, its vector and its document. */
export async function check(
  expected: readonly Expected[],
  documents: readonly StoredDocument[],
  { db, encoder, targets }: { db: Database; encoder: Encoder; targets: StageTargets },
): Promise<Verdict> {
  const rows = Map.groupBy(await readRows(db, targets), ({ canonicalUrl }) => canonicalUrl);
  const shown = Map.groupBy(documents, ({ url }) => String(url));
  const verdict: Verdict = { lost: 0, doubled: 0, stale: 0, problems: [] };
  const count = (kind: 'lost' | 'doubled' | 'stale', text: string) => {
    verdict[kind] += 1;
    verdict.problems.push(`${kind}: ${text}`);
  };
  for (const { text, isRemoved } of expected) {
    const [row, ...others] = rows.get(text.canonicalUrl) ?? [];
    const [document, ...copies] = shown.get(text.url) ?? [];
    if (!row) {
      count('lost', `${text.canonicalUrl} has no row`);
      continue;
    }
    if (others.length + copies.length > 0) {
      count('doubled', `${row.id} has ${1 + others.length} rows and ${1 + copies.length} documents`);
    }
    const pending = (['enrich', 'embed', 'sync'] as const).filter((stage) => row[`${stage}Pending`]);
    if (pending.length > 0) count('lost', `${row.id} is not reached by ${pending.join(', ')}`);
    else if (!isRemoved && !document) count('lost', `${row.id} has no document`);
    else {
      const differences = await differencesOf({ text, isRemoved }, row, document, encoder);
      if (differences.length > 0) count('stale', `${row.id}: ${differences.join(', ')}`);
    }
  }
  const known = new Set(expected.map(({ text }) => text.url));
  for (const [url, found] of shown) if (!known.has(url)) count('doubled', `${found[0]!.id} is of no article`);
  return verdict;
}

async function differencesOf(
  { text, isRemoved }: Expected,
  row: ArticleRow,
  document: StoredDocument | undefined,
  encoder: Encoder,
): Promise<string[]> {
  const { title, subtitle, editorialLead: lead, content, tags } = text;
  const summary = summaryOf({ title, subtitle, lead, content });
  const [vector] = await encoder.encode([row.embeddingText]);
  const facts: Record<string, boolean> = {
    'title of the row': row.title === title,
    'content of the row': row.content === content,
    'tags of the row': row.tags.join() === tags.join(),
    'summary of the row': row.summary === summary,
    'vector of the row': isSame(vector!, JSON.parse(row.vector ?? '[]')),
    'removal of the row': row.isRemoved === isRemoved,
  };
  if (isRemoved) facts['document of a removed article'] = document === undefined;
  else if (document) {
    facts[`version of the document (${document.version}, not ${row.version})`] = document.version === row.version;
    facts['title of the document'] = document.title === title;
    facts['content of the document'] = document.content === content;
    facts['tags of the document'] = [document.tags ?? []].flat().join() === tags.join();
    facts['summary of the document'] = document.summary === summary;
    facts['vector of the document'] = isSame(vector!, document.content_embedding);
  }
  return Object.keys(facts).filter((name) => !facts[name]);
}

function isSame(vector: Float32Array, stored: unknown): boolean {
  if (!Array.isArray(stored) || stored.length !== vector.length) return false;
  return vector.every((value, index) => Math.abs(value - Number(stored[index])) < 1e-5);
}

async function readRows(db: Database, targets: StageTargets): Promise<ArticleRow[]> {
  const { bind, values } = bindings();
  const { rows } = await db.query<ArticleRow>(
    `select unique_id as id, canonical_url as "canonicalUrl", title, content, tags, version, summary,
       embedding_text(title, summary, content) as "embeddingText", content_embedding::text as vector,
       removed_at is not null as "isRemoved", ${pendingColumns(targets, bind)}
     from news`,
    values,
  );
  return rows;
}
