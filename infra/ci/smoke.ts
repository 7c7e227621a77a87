/** The smoke test of a release: one article through the chain, and out of it again. Deployed in `dist/release/`. */
import { z } from 'zod';
import { loadConfig } from '../../shared/config.ts';
import { functionSettings, openFunctionDeps } from '../../shared/function-deps.ts';
import { sendArticle } from './smoke-article.ts';

const deps = await openFunctionDeps(loadConfig(z.object(functionSettings)));
try {
  const { uniqueId, seconds } = await sendArticle(deps, { timeoutMs: 300_000, pollMs: 1000 });
  deps.log.info('the chain works', { uniqueId, seconds });
} finally {
  await deps.publisher.close();
  await deps.db.close();
}
