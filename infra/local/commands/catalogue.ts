import type { Command } from 'commander';
import { readCatalogue } from '../../../shared/catalogue.ts';
import { applyCatalogue } from '../../../shared/catalogue-import.ts';
import { withDatabase } from '../local-database.ts';
import type { GlobalOptions } from '../options.ts';
import { listAgencies } from '../sql.ts';

/** `catalogue import`, `agencies` */
export function addCatalogueCommands(program: Command): void {
  program
    .command('catalogue')
    .description('the agencies, their sources and the themes')
    .command('import')
    .description("load the project's own catalogue, or files: ours or the predecessor's agencies.yaml, site_urls.yaml, themes_tree.yaml")
    .argument('[files...]', 'YAML files, told apart by what they hold')
    .option('--force', 'also load theme codes whose meaning changes')
    .action(async (files: string[], _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { force?: boolean }>();
      const catalogue = await readCatalogue(...(files.length ? [files] : []));
      const report = await withDatabase(options, (db) => applyCatalogue(db, catalogue, { force: options.force ?? false }));
      for (const [name, { added, changed, unchanged }] of Object.entries(report)) {
        console.log(`${name}: ${added.length} added, ${changed.length} changed, ${unchanged} unchanged`);
        for (const key of added) console.log(`  + ${key}`);
        for (const key of changed) console.log(`  ~ ${key}`);
      }
    });

  program
    .command('agencies')
    .description('list the agencies of the catalogue')
    .action(async (_options, command: Command) => {
      const agencies = await withDatabase(command.optsWithGlobals<GlobalOptions>(), listAgencies);
      for (const { key, name, sourceCount } of agencies) {
        console.log(`${key.padEnd(24)} ${name}${sourceCount === 0 ? '  (no active source)' : ''}`);
      }
    });
}
