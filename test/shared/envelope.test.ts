import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEnvelope, messageIdOf, parseEnvelope } from '../../shared/envelope.ts';
import { InvalidMessageError } from '../../shared/errors.ts';

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');
const body = (data: string | undefined) => ({
  message: {
    data,
    attributes: { event_version: '1' },
    messageId: '7',
    message_id: '7',
    publishTime: '2026-11-10T00:00:00Z',
  },
  subscription: 'projects/p/subscriptions/enrich',
});

test('reads a documented push request, with the fields it does not need', () => {
  const envelope = parseEnvelope({ ...body(base64('{"unique_id":"ação"}')), deliveryAttempt: 3 });
  assert.deepEqual(envelope, {
    data: { unique_id: 'ação' },
    attributes: { event_version: '1' },
    messageId: '7',
    subscription: 'projects/p/subscriptions/enrich',
    deliveryAttempt: 3,
  });
});

test('a push without a count of deliveries and without attributes is complete', () => {
  const envelope = parseEnvelope({ message: { data: base64('1'), messageId: '7' }, subscription: 's' });
  assert.equal(envelope.deliveryAttempt, undefined);
  assert.deepEqual(envelope.attributes, {});
});

for (const [name, pushed] of Object.entries<unknown>({
  'no body': undefined,
  'a text': 'hello',
  'an empty object': {},
  'a message without an id': { message: { data: base64('{}') }, subscription: 's' },
  'attributes that are not text': {
    message: { data: base64('{}'), messageId: '7', attributes: { a: 1 } },
    subscription: 's',
  },
  'no subscription': { message: { data: base64('{}'), messageId: '7' } },
  'a message without data': body(undefined),
  'data that is not base64': body('{"unique_id":"a"}'),
  'data that is not JSON': body(base64('unique_id=a')),
  'data of broken UTF-8': body(base64(Buffer.from([0xff, 0xfe, 0x7b]))),
})) {
  test(`${name} is an invalid message`, () => {
    assert.throws(() => parseEnvelope(pushed), InvalidMessageError);
  });
}

test('the error names the message and not its content', () => {
  assert.throws(
    () => parseEnvelope(body(base64('a secret'))),
    (error: Error) => {
      assert.match(error.message, /message 7/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    },
  );
});

test('what is formatted is parsed back', () => {
  const message = { data: { title: 'São Paulo 😀' }, attributes: { a: 'b' }, messageId: '9' };
  const formatted = formatEnvelope({
    ...message,
    publishTime: new Date(0),
    subscription: 'enrich',
    deliveryAttempt: 2,
  });
  assert.deepEqual(parseEnvelope(JSON.parse(JSON.stringify(formatted))), {
    ...message,
    subscription: 'enrich',
    deliveryAttempt: 2,
  });
});

test('finds the id of a message in a body that is no envelope', () => {
  assert.equal(messageIdOf({ message: { messageId: '7', data: 5 } }), '7');
  for (const other of [undefined, null, 'text', {}, { message: null }, { message: { messageId: 7 } }]) {
    assert.equal(messageIdOf(other), undefined);
  }
});
