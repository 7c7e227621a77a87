import type { Command } from 'commander';
import type { GlobalOptions } from '../options.ts';

/** `status` */
export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('show articles per stage, lag, failures and the last export, as GET /status does')
    .action(async (_options, command: Command) => {
      const { readStatus } = await import('../../../functions/api/status.ts');
      const { withDatabase } = await import('../local-database.ts');
      const status = await withDatabase(command.optsWithGlobals<GlobalOptions>(), (db) => readStatus(db, {}));
      console.log(JSON.stringify(status, null, 2));
    });
}
