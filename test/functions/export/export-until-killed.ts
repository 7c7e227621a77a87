/**
 * Exports once and dies by SIGKILL before the step of a number: a request to the Hub, or the ledger's transaction, or
 * what follows on it. `node export-until-killed.ts DATABASE_URL HUB_URL REPO NOW STEP`; exits with 0 past the last step.
 */
import { exportDataset } from '../../../functions/export/export.ts';
import { createHubTarget } from '../../../functions/export/hub-target.ts';
import { openHubDataset } from '../../../shared/hub.ts';
import { silentLogger } from '../../../shared/log.ts';
import { openPostgres } from '../../../shared/postgres.ts';

const [databaseUrl, endpoint, repo, now, lastStep] = process.argv.slice(2) as [string, string, string, string, string];
let step = 0;
const beforeStep = () => {
  step += 1;
  if (step === Number(lastStep)) process.kill(process.pid, 'SIGKILL');
};

const countingFetch: typeof fetch = (url, init) => {
  beforeStep();
  return fetch(url, init);
};
const db = await openPostgres({ url: databaseUrl });
const hub = openHubDataset({ endpoint, token: 'hf_test', repo, branch: 'main', fetch: countingFetch });
await exportDataset(
  { repo, branch: 'main', now: new Date(now) },
  {
    db: {
      ...db,
      transaction: async (work) => {
        beforeStep();
        const result = await db.transaction(work);
        beforeStep();
        return result;
      },
    },
    target: createHubTarget(hub),
    log: silentLogger,
  },
);
await db.close();
