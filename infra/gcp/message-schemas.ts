/** Fields of Protocol Buffers, numbered in their order: a field keeps its number for ever, new ones come last. */
type Fields = readonly (readonly [type: string, name: string])[];

/** What an article's message holds, as `articleMessage` in shared/stage.ts reads it. */
const article: Fields = [
  ['string', 'unique_id'],
  ['int64', 'version'],
];

/** What a request to scrape holds, as `scrapeMessage` in shared/scrape-message.ts reads it. */
const request: Fields = [
  ['string', 'agency_key'],
  ['string', 'source_url'],
  ['optional string', 'platform'],
  ['string', 'start_date'],
  ['string', 'end_date'],
  ['optional bool', 'allow_update'],
  ['optional Cursor', 'cursor'],
  ['optional string', 'revisit_after'],
];
const cursor: Fields = [
  ['int32', 'page_count'],
  ['int32', 'entry_count'],
  ['optional string', 'after'],
];

/**
 * The schema of a topic's messages. Protocol Buffers, as their JSON is the plain one that functions write; in that of
 * Avro each optional value would have to name its type.
 */
export function messageSchemas(topic: string): string {
  if (topic === 'requested') return schema(message('Requested', request, message('Cursor', cursor)));
  return schema(message('Article', article));
}

function schema(body: string): string {
  return `syntax = "proto3";\n\n${body}\n`;
}

function message(name: string, fields: Fields, inner = ''): string {
  const lines = fields.map(([type, field], index) => `${type} ${field} = ${index + 1};`);
  const body = [...(inner ? [inner] : []), ...lines].join('\n').replaceAll(/^/gm, '  ');
  return `message ${name} {\n${body}\n}`;
}
