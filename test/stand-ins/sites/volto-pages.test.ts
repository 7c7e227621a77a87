import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainText } from './article.ts';
import { answer, assertInOrder, html, isSorted, json, listed, words } from './reading.ts';
import { SAMPLE_SOURCES, type SampleSource } from './sources.ts';

interface VoltoItem {
  '@id': string;
  '@type': string;
  title: string;
  description: string;
  effective: string;
  subjects?: string[];
  Subject?: string[];
  blocks: Record<string, Record<string, unknown>>;
  blocks_layout: { items: string[] };
}

function voltoItems(source: SampleSource): VoltoItem[] {
  const api = source.listingUrl.replace('/pt-br/', '/++api++/pt-br/');
  const items: VoltoItem[] = [];
  for (;;) {
    const page = json(`${api}/@search?portal_type=News%20Item&b_start=${items.length}&b_size=25&fullobjects=1`);
    const batch = page.items as VoltoItem[];
    if (batch.length === 0) {
      assert.equal(page.items_total, items.length);
      return items;
    }
    items.push(...batch);
  }
}

function slateText(node: Record<string, unknown>): string {
  if (typeof node.text === 'string') return node.text;
  const text = (node.children as Record<string, unknown>[]).map(slateText).join('');
  return node.type === 'li' ? `${text} ` : text;
}

function blockText(block: Record<string, unknown>): string {
  switch (block['@type']) {
    case 'html':
      return words(block.html as string);
    case 'slate':
      return slateText((block.value as Record<string, unknown>[])[0]!);
    case 'text':
      return (block.text as { blocks: { text: string }[] }).blocks.map(({ text }) => text).join(' ');
    default:
      return '';
  }
}

for (const source of SAMPLE_SOURCES.filter(({ layout }) => layout === 'volto')) {
  test(`@search of ${source.agencyKey} gives every article once, newest first, with other items between`, () => {
    const items = voltoItems(source);
    const expected = new Map(listed(source).map((article) => [article.url, article]));
    const news = items.filter((item) => item['@type'] === 'News Item');
    assert.deepEqual(news.map((item) => item['@id']).toSorted(), [...expected.keys()].toSorted());
    assert.ok(items.some((item) => item['@type'] === 'File') && items.some((item) => item['@type'] === 'Event'));
    assert.ok(isSorted(news.map((item) => Date.parse(item.effective))));
    let reordered = 0;
    for (const item of news) {
      const article = expected.get(item['@id'])!;
      const order = item.blocks_layout.items;
      assertInOrder(words(order.map((id) => blockText(item.blocks[id]!)).join(' ')), article);
      if (order.join() !== Object.keys(item.blocks).join()) reordered += 1;
      const tags = (item.subjects ?? item.Subject ?? []).map((tag) => tag.trim()).filter(Boolean);
      assert.deepEqual(tags, article.tags);
      assert.equal(item.title, article.title);
      if (article.undated) assert.match(item.effective, /^1969-12-31/);
      else assert.equal(Date.parse(item.effective), article.publishedAt.getTime());
    }
    assert.equal(reordered, news.length);
  });

  test(`pages of ${source.agencyKey} are Volto shells without text`, () => {
    const article = listed(source)[0]!;
    for (const url of [source.listingUrl, article.url]) {
      const $ = html(url);
      assert.equal($('meta[name=generator]').attr('content'), 'Plone 6 - https://plone.org');
      assert.equal($('#content-core').length, 0);
    }
    assert.ok(!answer(new URL(article.url)).body.includes(plainText(article).split('\n')[0]!));
    const item = json(article.url.replace('/pt-br/', '/++api++/pt-br/'));
    assert.equal(item.title, article.title);
  });
}
