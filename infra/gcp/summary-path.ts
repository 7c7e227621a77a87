import { fileURLToPath } from 'node:url';
import type { EnvironmentName } from './environment.ts';

/** The summary of an environment's planned resources that the repository keeps. */
export function summaryPath(name: EnvironmentName): string {
  return fileURLToPath(new URL(`summary.${name}.txt`, import.meta.url));
}
