import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RetryableError } from '../../shared/errors.ts';
import { borrowAccess, lendAccess } from '../../shared/lent-access.ts';

const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);
const file = {
  slice: async (start: number, end: number) => bytes.slice(start, end).buffer,
  close: async () => {},
};

describe('a file that is lent to another thread', () => {
  test('gives each reader the bytes that it asked for', async () => {
    const borrowed = borrowAccess(lendAccess(file));
    const parts = await Promise.all([borrowed.slice(0, 3), borrowed.slice(97, 100), borrowed.slice(5, 5)]);
    assert.deepEqual(
      parts.map((part) => [...new Uint8Array(part)]),
      [[0, 1, 2], [97, 98, 99], []],
    );
    await borrowed.close();
  });

  test('fails as the store of the file does, class and code included', async () => {
    const away = Object.assign(new RetryableError('the Hub answers 503'), { code: 'EHUB', name: 'HubBusyError' });
    const borrowed = borrowAccess(lendAccess({ ...file, slice: () => Promise.reject(away) }));
    await assert.rejects(borrowed.slice(0, 1), (error) => {
      assert.ok(error instanceof RetryableError);
      const { name, message } = error;
      assert.deepEqual(
        { name, message, code: 'code' in error && error.code },
        {
          name: 'HubBusyError',
          message: 'the Hub answers 503',
          code: 'EHUB',
        },
      );
      return true;
    });
    await borrowed.close();
  });

  test('stays open for who lent it when the loan ends', async () => {
    let isClosed = false;
    const close = async () => {
      isClosed = true;
    };
    await borrowAccess(lendAccess({ ...file, close })).close();
    assert.equal(isClosed, false);
  });
});
