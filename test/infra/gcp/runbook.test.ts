import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Command } from 'commander';
import { root } from '../../../infra/build/root.ts';
import { openEnvironment } from '../../../infra/gcp/environment.ts';
import { modelKey } from '../../../infra/gcp/model.ts';
import { synthesize } from '../../../infra/gcp/synthesize.ts';
import { createProgram } from '../../../infra/local/program.ts';
import { alerts } from '../../../shared/alerts.ts';
import { prod, resourcesOf, topology } from './resources.ts';

// All that any environment has: a server of Typesense, and the schedule of the phases that journal.
const config = synthesize(
  topology,
  openEnvironment('prod', { 'search.index': 'typesense', 'storage.backend': 'dual_write' }),
);
const namesOf = (type: string, key = 'name') =>
  resourcesOf(config, type).map(([, settings]) => settings[key] as string);

const services = namesOf('google_cloud_run_v2_service');
/** Which resources the word after a gcloud command must be one of. */
const named: [command: RegExp, names: readonly string[]][] = [
  [/^scheduler jobs (?:run|pause|resume) (\S+)/, namesOf('google_cloud_scheduler_job')],
  [/^run services (?:describe|update|update-traffic) (\S+)/, services],
  [/^run revisions list --service=(\S+)/, services],
  [/^run jobs execute (\S+)/, namesOf('google_cloud_run_v2_job')],
  [/^pubsub subscriptions (?:seek|describe) (\S+)/, namesOf('google_pubsub_subscription')],
  [/^secrets create (\S+)/, namesOf('google_secret_manager_secret', 'secret_id')],
  [/^secrets versions add (\S+)/, namesOf('google_secret_manager_secret', 'secret_id')],
  [/^secrets versions disable \d+ --secret=(\S+)/, namesOf('google_secret_manager_secret', 'secret_id')],
  [/^sql (?:instances (?:clone|describe)|import sql) (\S+)/, namesOf('google_sql_database_instance')],
  [/^sql backups list --instance=(\S+)/, namesOf('google_sql_database_instance')],
  [/^sql backups restore \S+ --restore-instance=(\S+)/, namesOf('google_sql_database_instance')],
  [/^compute (?:ssh|instances reset) (\S+)/, namesOf('google_compute_instance')],
  [/^compute addresses describe (\S+)/, namesOf('google_compute_address')],
  [/^compute snapshots list --filter=sourceDisk~(\S+)/, namesOf('google_compute_disk')],
  [/^logging read '.*service_name="(\w+)"/, services],
];
/** What an empty project gets before there is a resource, and what names none. */
const unnamed = [
  /^config set project \$PROJECT$/,
  /^auth (print-identity-token|configure-docker \$REGION-docker\.pkg\.dev)$/,
  /^services enable /,
  /^beta services identity create --service=pubsub\.googleapis\.com$/,
  /^storage (buckets (create|update|add-iam-policy-binding)|cp|ls|rsync) /,
  /^iam service-accounts create deployer$/,
  /^(projects|billing accounts) add-iam-policy-binding /,
  /^builds triggers (create github --name=release|run release) ?/,
  /^logging read 'severity/,
  /^components install pubsub-emulator$/,
];
const buckets = [...namesOf('google_storage_bucket'), `${prod.project}-terraform`];

const runbook = await readFile(join(root, 'docs/runbook.md'), 'utf8');
const readme = await readFile(join(root, 'README.md'), 'utf8');

/** The commands of a text's shell blocks and of its inline code, without those that are continued on another line. */
function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!.replaceAll('\\\n', ' '));
  const inline = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`((?:gcloud|npx destaques) [^`]+)`/g)];
  return [...blocks.flatMap((block) => block.split('\n')), ...inline.map(([, command]) => command!)];
}

/** What stands in a text after a word that begins a command, up to where that command ends. */
function callsOf(text: string, word: string): string[] {
  return commandsOf(text).flatMap((line) =>
    [...line.matchAll(new RegExp(`(?:^\\s*|\\$\\(|\\| |&& )${word} ((?:'[^']*'|"[^"]*"|[^)'"|])+)`, 'g'))].map(
      ([, call]) => call!.trim(),
    ),
  );
}

for (const [file, text] of [
  ['docs/runbook.md', runbook],
  ['README.md', readme],
] as const) {
  describe(`the commands in ${file}`, () => {
    test('of gcloud name what is deployed', () => {
      const calls = callsOf(text, 'gcloud');
      if (text === runbook) assert.ok(calls.length > 40);
      for (const call of calls) {
        const [pattern, names] = named.find(([command]) => command.test(call)) ?? [];
        if (!pattern)
          assert.ok(
            unnamed.some((command) => command.test(call)),
            `gcloud ${call}`,
          );
        else {
          const name = pattern.exec(call)![1]!;
          if (name !== '"$1"') assert.ok(names!.includes(name), `gcloud ${call}: ${name} is none of ${names}`);
        }
        for (const [, bucket] of call.matchAll(/gs:\/\/([\w$-]+)/g)) {
          assert.ok(buckets.includes(bucket!.replace('$PROJECT', prod.project)), `gcloud ${call}`);
        }
        for (const [, location] of call.matchAll(/--(?:region|location|locations)=(\S+)/g))
          assert.equal(location, '$REGION');
        for (const [, zone] of call.matchAll(/--zone=(\S+)/g)) assert.equal(zone, `$REGION-${prod.zone}`);
      }
    });

    test('of functions call those that take calls from outside, with JSON', () => {
      const callable = resourcesOf(config, 'google_cloud_run_v2_service')
        .filter(([, { ingress }]) => ingress === 'INGRESS_TRAFFIC_ALL')
        .map(([, { name }]) => name);
      for (const line of commandsOf(text)) {
        const [, name, body] = /^call (\S+) '(.*)'$/.exec(line) ?? [];
        if (!name) continue;
        assert.ok(callable.includes(name), line);
        assert.doesNotThrow(() => JSON.parse(body!), line);
      }
    });

    test('of the command line are commands and options that it has', () => {
      for (const call of callsOf(text, 'npx destaques')) {
        let command: Command = createProgram();
        const options = [...command.options];
        const words = call.replaceAll(/"[^"]*"|'[^']*'/g, 'text').split(/\s+/);
        for (const word of words) {
          const next: Command | undefined = command.commands.find((candidate) => candidate.name() === word);
          if (!next) break;
          command = next;
          options.push(...command.options);
        }
        if (words[0]!.startsWith('-')) continue;
        assert.notEqual(command.name(), 'destaques', call);
        for (const word of words.filter((part) => part.startsWith('--'))) {
          assert.ok(
            options.some(({ long }) => long === word.split('=')[0]),
            `${call}: ${word}`,
          );
        }
      }
    });
  });
}

test('the runbook switches on exactly the services that Terraform keeps on', () => {
  const [call] = callsOf(runbook, 'gcloud').filter((line) => line.startsWith('services enable '));
  assert.deepEqual(call!.split(' ').slice(2).sort(), namesOf('google_project_service', 'service').sort());
});

test('the runbook puts the model in force where the functions look for it', () => {
  const [, id, revision] = /^export MODEL=(\S+) COMMIT=(\S+)$/m.exec(runbook)!;
  assert.deepEqual([id, revision], [prod.model.id, prod.model.revision]);
  const [, key] = /rsync --recursive model gs:\/\/\$PROJECT-models\/(\S+)/.exec(runbook)!;
  assert.equal(key!.replace('$MODEL', id!).replace('$COMMIT', revision!), modelKey(prod.model));
  assert.ok(runbook.includes(`models fetch --model $MODEL --revision $COMMIT --file ${prod.model.file} `));
});

test('the runbook makes the secrets that there are', () => {
  const created = callsOf(runbook, 'gcloud').flatMap((call) => /^secrets create (\S+)/.exec(call)?.[1] ?? []);
  assert.deepEqual(created.sort(), namesOf('google_secret_manager_secret', 'secret_id').sort());
});

test('the runbook has a section for each alert, and for no other', () => {
  const sections = [...runbook.matchAll(/^### (\S+)$/gm)].map(([, name]) => name);
  assert.deepEqual(sections.sort(), alerts.map(({ name }) => name).sort());
});
