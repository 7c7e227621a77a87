import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cleanMarkdown, isDateLine } from '../../../../functions/scrape/markdown/clean-markdown.ts';

const file = new URL('../../../../../shared/cases/real-records.jsonl', import.meta.url);
const skip = existsSync(file) ? false : 'the real records are not beside this project';

interface RealRecord {
  unique_id: string;
  title: string;
  content_start: string;
}

function records(): RealRecord[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const known = ({ title }: RealRecord) => ({ title, subtitle: null, editorialLead: null });

/** Words without the addresses of links, for comparing texts whatever their marks. */
function wordsOf(text: string): string {
  const plain = text.replace(/\]\([^)]*\)?/g, ']');
  return ` ${
    plain
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.join(' ') ?? ''
  } `;
}

/** What is meant to go: the title again, share buttons, bare dates. */
function isFrame(line: string, { title }: RealRecord): boolean {
  const words = wordsOf(line).trim();
  return (
    words === '' ||
    words === wordsOf(title).trim() ||
    /sharer|twitter\.com\/share|linkedin\.com\/share|whatsapp\.com\/send|link-clipboard|link para Copiar/.test(line) ||
    /^compartilh(?:e|ar)(?: (?:por|no|na|via) \w+)?$/.test(words) ||
    isDateLine(line.trim())
  );
}

test('no sentence of a real text is lost by cleaning it', { skip }, () => {
  const all = records();
  assert.ok(all.length >= 200);
  const lost = all.flatMap((record) => {
    const kept = wordsOf(cleanMarkdown(record.content_start, known(record)));
    return record.content_start
      .split('\n')
      .filter((line) => !isFrame(line, record) && !kept.includes(wordsOf(line)))
      .map((line) => `${record.unique_id}: ${line}`);
  });
  assert.deepEqual(lost, []);
});

test('a real text that is clean stays as it is, and has no share block left', { skip }, () => {
  for (const record of records()) {
    const once = cleanMarkdown(record.content_start, known(record));
    assert.equal(cleanMarkdown(once, known(record)), once, record.unique_id);
  }
});
