import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceAttributesOf, traceLogField, traceparentFrom } from '../../shared/trace.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const given = `00-${traceId}-00f067aa0ba902b7-01`;

test('carries a trace on, under a span of its own', () => {
  const carried = traceparentFrom({ traceparent: given });
  assert.match(carried, new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  assert.notEqual(carried, given);
});

test('carries on a bare trace id, and prefers the traceparent', () => {
  const other = 'a'.repeat(32);
  assert.equal(traceparentFrom({ trace_id: traceId }).split('-')[1], traceId);
  assert.equal(traceparentFrom({ trace_id: other, traceparent: given }).split('-')[1], traceId);
});

test('begins a new trace where none is given, or none that can be used', () => {
  const unusable = [
    {},
    { traceparent: '' },
    { traceparent: given.toUpperCase() },
    { traceparent: `${given}-more` },
    { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` },
    { traceparent: `00-${traceId}-${'0'.repeat(16)}-01` },
    { trace_id: '"}\n{"' },
  ];
  const ids = unusable.map((attributes) => {
    const [, id] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(traceparentFrom(attributes)) ?? [];
    return id;
  });
  assert.ok(ids.every((id) => id !== undefined && id !== traceId && id !== '0'.repeat(32)));
  assert.equal(new Set(ids).size, unusable.length);
});

test('the trace of a request is that of its header, and of nothing without one', () => {
  const request = (headers: Record<string, string>) => ({ get: (header: string) => headers[header] });
  assert.deepEqual(traceAttributesOf(request({ traceparent: given, tracestate: 'x=1' })), { traceparent: given });
  assert.deepEqual(traceAttributesOf(request({})), {});
});

test('the log field is the resource name of the trace, or its bare id without a project', () => {
  assert.deepEqual(traceLogField(given, 'destaques'), {
    'logging.googleapis.com/trace': `projects/destaques/traces/${traceId}`,
  });
  assert.deepEqual(traceLogField(given, undefined), { 'logging.googleapis.com/trace': traceId });
});
