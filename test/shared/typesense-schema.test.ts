import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newsCollection } from '../../shared/typesense-schema.ts';

/** The contract with who reads the index: `!` is a field that every document has, `#` one that is a facet. */
const contract = `
  unique_id string! | agency string!# | published_at int64! | published_year int32# | published_month int32#
  published_week int32# | published_local_year int32# | extracted_at int64 | created_at int64! | title string | subtitle string | editorial_lead string | url string
  content string | image string | video_url string | category string# | tags string[]# | tag_keys string[]
  theme_1_level_1_code string# | theme_1_level_1_label string# | theme_1_level_2_code string#
  theme_1_level_2_label string# | theme_1_level_3_code string# | theme_1_level_3_label string#
  most_specific_theme_code string# | most_specific_theme_label string# | summary string | has_summary bool | content_hash string#
  content_embedding float[768] | embedding_model string# | version int64!
  sentiment_label string | sentiment_score float | trending_score float | word_count int32 | has_image bool
  has_video bool | readability_flesch float | entities string[] | entity_org string[] | entity_per string[]
  entity_loc string[] | entity_event string[] | entity_policy string[] | entity_misc string[] | view_count int64`;

test('the collection has the fields of the contract, with their types and facets, and no others', () => {
  const { fields, default_sorting_field } = newsCollection('news');
  const described = fields!.map(({ name, type, facet, optional, num_dim }) => {
    const shown = num_dim ? type.replace('[]', `[${num_dim}]`) : type;
    return `${name} ${shown}${optional ? '' : '!'}${facet ? '#' : ''}`;
  });
  assert.deepEqual(described, contract.trim().split(/\s*[|\n]\s*/));
  assert.equal(default_sorting_field, 'published_at');
});

test('the name of the collection follows from its schema, and the alias', () => {
  assert.match(newsCollection('news').name, /^news_[0-9a-f]{8}$/);
  assert.equal(newsCollection('news').name, newsCollection('news').name);
  assert.equal(newsCollection('other').name, newsCollection('news').name.replace('news', 'other'));
});

test('vectors of another length are another collection', () => {
  const { name, fields } = newsCollection('news', 1024);
  assert.notEqual(name, newsCollection('news').name);
  assert.equal(fields!.find((field) => field.name === 'content_embedding')!.num_dim, 1024);
  assert.equal(newsCollection('news', 768).name, newsCollection('news').name);
});
