import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toMessage } from '../../../functions/scrape/request.ts';
import { messageSchemas } from '../../../infra/gcp/message-schemas.ts';
import { topics } from '../../../shared/pipeline.ts';
import { scrapeMessage } from '../../../shared/scrape-message.ts';
import { articleMessage } from '../../../shared/stage.ts';

/** Fields of a message of a schema, in their order. */
function fieldsOf(definition: string, message: string): string[] {
  const body = new RegExp(`message ${message} \\{\\n(?:\\s+message \\w+ \\{[^}]*\\}\\n)?([^}]*)\\}`).exec(
    definition,
  )![1]!;
  return [...body.matchAll(/^\s*(?:optional )?\w+ (\w+) = \d+;$/gm)].map(([, name]) => name!);
}

test('the schemas of topics name the fields that the functions read', () => {
  const requested = messageSchemas('requested');
  assert.deepEqual(fieldsOf(requested, 'Requested').sort(), Object.keys(scrapeMessage.shape).sort());
  const { cursor } = scrapeMessage.shape;
  assert.deepEqual(fieldsOf(requested, 'Cursor').sort(), Object.keys(cursor.unwrap().shape).sort());
  for (const topic of topics.filter((name) => name !== 'requested')) {
    assert.deepEqual(fieldsOf(messageSchemas(topic), 'Article').sort(), Object.keys(articleMessage.shape).sort());
  }
});

test('a request to scrape has no field that its schema does not know', () => {
  const message = toMessage({
    agencyKey: 'mec',
    sourceUrl: 'https://www.gov.br/mec/pt-br/assuntos/noticias',
    startDate: '2026-11-01',
    endDate: '2026-11-02',
    allowUpdate: true,
    cursor: { pageCount: 1, entryCount: 2, after: 'https://www.gov.br/mec/a' },
    revisitAfter: 'https://www.gov.br/mec/b',
  });
  const schema = messageSchemas('requested');
  for (const name of Object.keys(message)) assert.ok(fieldsOf(schema, 'Requested').includes(name), name);
  for (const name of Object.keys(message.cursor!)) assert.ok(fieldsOf(schema, 'Cursor').includes(name), name);
});
