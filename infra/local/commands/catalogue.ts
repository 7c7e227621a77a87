import type { Command } from 'commander';
import type { GlobalOptions } from '../options.ts';

/** `catalogue import`, `agencies` */
export function addCatalogueCommands(program: Command): void {
  program
    .command('catalogue')
    .description('the agencies, their sources and the themes')
    .command('import')
    .description(
      "load the project's own catalogue, or files: ours or the predecessor's agencies.yaml, site_urls.yaml, themes_tree.yaml",
    )
    .argument('[files...]', 'YAML files, told apart by what they hold')
    .addHelpText(
      'after',
      `
What an entry leaves out stays as it is stored, and so does the platform of a source once it is known. A source that was
disabled or enabled by hand stays so, unless the file says "active" of it. Nothing is deleted.`,
    )
    .option('--force', 'also load theme codes whose meaning changes')
    .action(async (files: string[], _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { force?: boolean }>();
      const { readCatalogue } = await import('../../../shared/catalogue.ts');
      const { applyCatalogue } = await import('../../../shared/catalogue-import.ts');
      const { withDatabase } = await import('../local-database.ts');
      const catalogue = await readCatalogue(...(files.length ? [files] : []));
      const report = await withDatabase(options, (db) =>
        applyCatalogue(db, catalogue, { force: options.force ?? false }),
      );
      for (const note of catalogue.notes) console.log(`note: ${note}`);
      for (const [name, { added, changed, unchanged, kept, leftOut }] of Object.entries(report)) {
        console.log(`${name}: ${added.length} added, ${changed.length} changed, ${unchanged} unchanged`);
        for (const entry of added) console.log(`  + ${entry}`);
        for (const entry of changed) console.log(`  ~ ${entry}`);
        for (const entry of kept) console.log(`  kept as stored: ${entry}`);
        for (const entry of leftOut) console.log(`  left out: ${entry}`);
      }
    });

  program
    .command('agencies')
    .description('list the agencies of the catalogue')
    .action(async (_options, command: Command) => {
      const { withDatabase } = await import('../local-database.ts');
      const { listAgencies } = await import('../sql.ts');
      const agencies = await withDatabase(command.optsWithGlobals<GlobalOptions>(), listAgencies);
      for (const { key, name, sourceCount } of agencies) {
        console.log(`${key.padEnd(24)} ${name}${sourceCount === 0 ? '  (no active source)' : ''}`);
      }
    });
}
