import type { Command } from 'commander';
import { type GlobalOptions, parseInteger } from '../options.ts';

const load = async () => ({ ...(await import('../../migrate.ts')), ...(await import('../local-database.ts')) });

/** `migrate up|down|status` */
export function addMigrateCommand(program: Command): void {
  const migrate = program.command('migrate').description('apply, take back or list the migrations of the database');

  migrate
    .command('up')
    .description('apply all pending migrations')
    .action(async (_options, command: Command) => {
      const { migrateUp, withUnpreparedDatabase } = await load();
      const names = await withUnpreparedDatabase(command.optsWithGlobals<GlobalOptions>(), migrateUp);
      console.log(names.length ? names.map((name) => `applied ${name}`).join('\n') : 'nothing to apply');
    });

  migrate
    .command('down')
    .description('take back the newest migrations; their data is lost')
    .option('--count <n>', 'how many', parseInteger(1, 1000), 1)
    .action(async (options: { count: number }, command: Command) => {
      const { migrateDown, withUnpreparedDatabase } = await load();
      const names = await withUnpreparedDatabase(command.optsWithGlobals<GlobalOptions>(), (db) =>
        migrateDown(db, options.count),
      );
      console.log(names.length ? names.map((name) => `took back ${name}`).join('\n') : 'nothing to take back');
    });

  migrate
    .command('status')
    .description('list the migrations and when each was applied')
    .action(async (_options, command: Command) => {
      const { migrationStatus, withUnpreparedDatabase } = await load();
      const migrations = await withUnpreparedDatabase(command.optsWithGlobals<GlobalOptions>(), migrationStatus);
      for (const { name, appliedAt } of migrations) console.log(`${name}  ${appliedAt?.toISOString() ?? 'pending'}`);
    });
}
