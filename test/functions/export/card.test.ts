import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { type CardFacts, writeCard } from '../../../functions/export/card.ts';
import { datasetColumns, reducedColumns } from '../../../shared/dataset-schema.ts';

const facts: CardFacts = {
  rowCount: 310_000,
  firstDay: '2018-01-02',
  lastDay: '2026-03-15',
  agencyCount: 160,
  columns: datasetColumns,
  url: 'https://huggingface.co/datasets/nobody/news',
};
const ourConfig = { config_name: 'default', data_files: [{ split: 'train', path: 'data/train-*.parquet' }] };

function metadataOf(card: string): Record<string, unknown> {
  return parse(/^---\n([\s\S]*?)\n---\n/.exec(card)![1]!) as Record<string, unknown>;
}

describe('dataset card', () => {
  test('a new one states coverage, every field, licence and citation', () => {
    const card = writeCard(null, facts);
    assert.deepEqual(metadataOf(card), {
      pretty_name: 'DestaquesGovBr: notícias do governo federal',
      language: ['pt'],
      license: 'other',
      configs: [ourConfig],
    });
    assert.match(card, /\| notícias \| 310\.000 \|\n\| primeira publicação \| 02\/01\/2018 \|/);
    assert.match(card, /\| órgãos \| 160 \|/);
    for (const { name, type } of datasetColumns) assert.ok(card.includes(`| \`${name}\` | \`${type}\` | `), name);
    assert.match(card, /load_dataset\("nobody\/news", split="train"\)/);
    assert.match(
      card,
      /## Licença dos textos[\s\S]*## Como citar[\s\S]*url = \{https:\/\/huggingface\.co\/datasets\/nobody/,
    );
    assert.ok(!card.includes('undefined'));
  });

  test('the reduced dataset has its own title and only its fields', () => {
    const card = writeCard(null, { ...facts, columns: reducedColumns });
    assert.match(card, /^# DestaquesGovBr: notícias do governo federal \(versão reduzida\)$/m);
    assert.ok(card.includes('| `title` |') && !card.includes('| `content` |'));
  });

  test('an empty dataset has no days', () => {
    const card = writeCard(null, { ...facts, rowCount: 0, firstDay: null, lastDay: null, agencyCount: 0 });
    assert.match(card, /\| notícias \| 0 \|\n\| primeira publicação \| – \|/);
    assert.ok(!card.includes('year ='));
  });

  test('the same facts give the same text, and other facts change only the marked part', () => {
    const card = writeCard(null, facts);
    assert.equal(writeCard(card, facts), card);
    const edited = card
      .replace('coletadas e organizadas pelo projeto', 'de gente')
      .concat('\n## Perguntas\n\nEscreva para nós.\n');
    const later = writeCard(edited, { ...facts, rowCount: 310_001 });
    assert.equal(later, edited.replace('310.000', '310.001'));
  });

  test('a card with one of the marks, or with metadata that our part would break, is left alone', () => {
    const card = writeCard(null, facts);
    for (const mark of ['<!-- parte gerada', '<!-- fim da parte gerada -->']) {
      const line = card.split('\n').find((text) => text.startsWith(mark))!;
      const cut = card.replace(line, '');
      assert.equal(writeCard(cut, facts), cut);
    }
    const anchored = '---\nconfigs: &c\n  - config_name: default\nother: *c\n---\n# Título\n';
    assert.equal(writeCard(anchored, facts), anchored);
  });

  test('a card without marks keeps its text, and gets the part at its end', () => {
    const legacy = `---
# de gente
license: cc-by-nd-3.0
tags:
  - news # notícias
dataset_info:
  features:
    - name: unique_id
      dtype: string
  splits:
    - name: train
      num_bytes: 1
      num_examples: 299614
configs:
  - config_name: default
    data_files:
      - split: train
        path: data/train-0000*
  - config_name: amostra
    data_files: amostra.csv
---
# GovBR News

Texto de gente.
`;
    const card = writeCard(legacy, facts);
    assert.deepEqual(metadataOf(card), {
      license: 'cc-by-nd-3.0',
      tags: ['news'],
      configs: [ourConfig, { config_name: 'amostra', data_files: 'amostra.csv' }],
      pretty_name: 'DestaquesGovBr: notícias do governo federal',
      language: ['pt'],
    });
    assert.ok(card.includes('# de gente') && card.includes('- news # notícias') && !card.includes('299614'));
    assert.ok(card.includes('\n# GovBR News\n\nTexto de gente.\n\n<!-- parte gerada'));
    assert.equal(writeCard(card, facts), card);
  });

  test('a mark whose fellow was deleted bounds nothing', () => {
    const card = writeCard(null, facts);
    const broken = `${card.replace('<!-- fim da parte gerada -->', '')}\nTexto de gente.\n`;
    const mended = writeCard(broken, facts);
    assert.ok(mended.includes('Texto de gente.'));
    assert.equal(mended.split('<!-- parte gerada').length, 2);
    assert.equal(writeCard(mended, facts), mended);
  });

  test('front matter that cannot be read is left to people, with all the card', () => {
    const broken = '---\nlicense: [mit\n---\n# Título\n';
    assert.equal(writeCard(broken, facts), broken);
    const list = '---\n- a\n---\n# Título\n';
    assert.equal(writeCard(list, facts), list);
  });

  test('line ends of another system, a byte order mark, and an empty front matter are understood', () => {
    for (const existing of ['\uFEFF---\r\nlicense: mit\r\n---\r\nTexto\r\n', '---\nlicense: mit\n---']) {
      assert.equal(metadataOf(writeCard(existing, facts)).license, 'mit');
    }
    assert.equal(metadataOf(writeCard('---\n---\nTexto\n', facts)).license, 'other');
    assert.equal(metadataOf(writeCard('Texto\n\n---\n\nlicense: mit\n\n---\n', facts)).license, 'other');
  });
});
