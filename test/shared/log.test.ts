import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { createLogger } from '../../shared/log.ts';

test('writes one JSON object a line, whatever the texts hold', () => {
  const lines: string[] = [];
  const log = createLogger((line) => lines.push(line));
  log.warning('push failed', { error: 'first\nsecond "third" \u2028', count: 2, nothing: undefined });
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /^[^\n]*\n$/);
  assert.deepEqual(JSON.parse(lines[0]!), {
    severity: 'WARNING',
    message: 'push failed',
    error: 'first\nsecond "third" \u2028',
    count: 2,
  });
});

test('logs to stdout, by the severities of Cloud Logging', () => {
  const script = `
    import { createLogger } from ${JSON.stringify(new URL('../../shared/log.ts', import.meta.url).href)};
    const log = createLogger();
    log.info('a');
    log.warning('b');
    log.error('c');`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const severities = output
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { severity: string }).severity);
  assert.deepEqual(severities, ['INFO', 'WARNING', 'ERROR']);
});
