import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { ConfigError, PermanentError, RetryableError } from '../../shared/errors.ts';
import { createTypesense } from '../../shared/typesense.ts';
import type { DocumentSearch } from '../../shared/typesense-search.ts';

describe('searches of documents', () => {
  /** Sends searches to a server that answers so; returns what it was sent too. */
  async function answered(status: number, body: object, searches: readonly DocumentSearch[]) {
    let sent: { url?: string | undefined; body: string } | undefined;
    const server = createServer(async (request, response) => {
      const chunks = await request.toArray();
      sent = { url: request.url, body: Buffer.concat(chunks as Buffer[]).toString() };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createTypesense({ host: '127.0.0.1', port, protocol: 'http', apiKey: 'key', alias: 'noticias' });
    try {
      return { answers: await client.search(searches), sent: sent! };
    } finally {
      client.close();
      server.close();
    }
  }

  test('go in the body of one request, to what the alias leads to', async () => {
    const search = { q: 'á&b=c', filter_by: 'version:>0', per_page: 0 };
    const { answers, sent } = await answered(200, { results: [{ found: 1 }, { found: 2 }] }, [search, { q: '*' }]);
    assert.deepEqual(
      answers.map(({ found }) => found),
      [1, 2],
    );
    assert.equal(sent.url, '/multi_search');
    const searches = [search, { q: '*' }].map((one) => ({ collection: 'noticias', ...one }));
    assert.deepEqual(JSON.parse(sent.body), { searches });
  });

  test('fail by the code of the first that is refused', async () => {
    for (const [code, kind] of [
      [400, PermanentError],
      [404, RetryableError],
      [408, RetryableError],
      [500, RetryableError],
      [401, ConfigError],
    ] as const) {
      const results = [{ found: 1 }, { code, error: 'No such thing.' }];
      await assert.rejects(answered(200, { results }, [{ q: '*' }, { q: '*' }]), (error: Error) => {
        return error instanceof kind && error.message.includes(`No such thing. (code ${code})`);
      });
    }
  });

  test('that are answered with another number of results, or not at all, are retryable', async () => {
    await assert.rejects(answered(200, { results: [] }, [{ q: '*' }]), /1 searches with 0 results/);
    await assert.rejects(answered(200, {}, [{ q: '*' }]), RetryableError);
    await assert.rejects(answered(503, { message: 'Not Ready' }, [{ q: '*' }]), RetryableError);
  });
});
