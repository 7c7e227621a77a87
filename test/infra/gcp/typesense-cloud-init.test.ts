import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { searchServerMetric } from '../../../infra/gcp/search-server-metric.ts';
import { typesenseCloudInit } from '../../../infra/gcp/typesense-cloud-init.ts';

const run = promisify(execFile);
const keyPlace = 'projects/destaquesgovbr/secrets/typesense-api-key/versions/3';
const config = parse(
  typesenseCloudInit({
    ...{ project: 'destaquesgovbr', region: 'southamerica-east1', zone: 'southamerica-east1-a' },
    ...{ repository: 'destaques', version: '30.1', port: 8108, keyPlace },
  }),
) as { write_files: { path: string; content: string }[]; runcmd: string[] };

/** Each command notes how it was called; curl answers as the machine's surroundings would. */
const curl = `#!/bin/bash
case "$*" in
  *default/token*) echo '{"access_token":"ya29.token","expires_in":3599,"token_type":"Bearer"}' ;;
  *instance/id*) echo -n 4711 ;;
  *secretmanager*) printf '{\\n "name": "any",\\n "payload": {\\n  "data": "a2V5Cg=="\\n }\\n}\\n' ;;
  */health*) [ -z "$UNHEALTHY" ] ;;
  *timeSeries*) for last; do :; done; echo "$last" > "$NOTES.point"; echo "$*" >> "$NOTES" ;;
esac
`;
const note = '#!/bin/bash\necho "$(basename "$0") $*" >> "$NOTES"\n';

describe('the server of Typesense', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloud-init-'));
    const commands = { curl, ...Object.fromEntries(noted.map((name) => [name, note])) };
    for (const [name, text] of Object.entries(commands)) {
      await writeFile(join(folder, name), text);
      await chmod(join(folder, name), 0o755);
    }
    for (const { path, content } of config.write_files) {
      if (path.startsWith('/etc/typesense/')) await writeFile(at(path), moved(content));
    }
  });
  after(() => rm(folder, { recursive: true }));

  const noted = ['sleep', 'logger', 'systemctl', 'blkid', 'mountpoint', 'iptables', 'docker-credential-gcr'];
  const at = (path: string) => join(folder, path.split('/').at(-1)!);
  const moved = (content: string) =>
    content.replaceAll(/\/(?:etc|run)\/typesense\//g, `${folder}/`).replaceAll('/mnt/disks/data', `${folder}/data`);
  const start = async (script: string, env: Record<string, string> = {}) => {
    const notes = join(folder, `notes-${script}-${Object.keys(env).join('')}`);
    await writeFile(notes, '');
    await run('bash', [at(script)], { env: { PATH: `${folder}:/usr/bin:/bin`, NOTES: notes, ...env } });
    const point = await readFile(`${notes}.point`, 'utf8').then(JSON.parse, () => undefined);
    return { notes: await readFile(notes, 'utf8'), point };
  };

  test('starts with scripts that are there', () => {
    const paths = config.write_files.map(({ path }) => path);
    for (const { content } of config.write_files) {
      for (const [path] of content.matchAll(/\/etc\/typesense\/[\w.]+/g)) assert.ok(paths.includes(path), path);
    }
    assert.equal(config.runcmd.at(-1), 'systemctl start typesense.service typesense-health.timer');
  });

  test('reads its key in the version that is asked for, trimmed', async () => {
    await start('prepare.sh');
    assert.equal(await readFile(join(folder, 'environment'), 'utf8'), 'TYPESENSE_API_KEY=key\n');
    assert.ok(config.write_files.some(({ content }) => content.includes(`/v1/${keyPlace}:access`)));
  });

  test('says that it answers, as the metric that the alert reads', async () => {
    const { notes, point } = await start('health.sh');
    const [series] = point.timeSeries;
    assert.equal(series.metric.type, searchServerMetric);
    assert.deepEqual(series.resource, {
      type: 'gce_instance',
      labels: { project_id: 'destaquesgovbr', instance_id: '4711', zone: 'southamerica-east1-a' },
    });
    const [{ interval, value }] = series.points;
    assert.ok(Math.abs(Date.parse(interval.endTime) - Date.now()) < 60_000);
    assert.deepEqual(value, { int64Value: '0' });
    assert.match(notes, /Authorization: Bearer ya29\.token .*v3\/projects\/destaquesgovbr\/timeSeries/);
    assert.doesNotMatch(notes, /systemctl|logger|sleep/);
  });

  test('says that it does not after three tries, and is started again', async () => {
    const { notes, point } = await start('health.sh', { UNHEALTHY: 'yes' });
    assert.deepEqual(point.timeSeries[0].points[0].value, { int64Value: '1' });
    assert.equal(notes.match(/^sleep 20$/gm)!.length, 3);
    assert.match(notes, /^logger .*started again\nsystemctl restart typesense$/m);
  });
});
