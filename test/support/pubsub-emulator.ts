import { randomBytes } from 'node:crypto';
import { findEmulator, NoEmulatorError } from '../../infra/local/emulator-sdk.ts';
import { type PubSubEmulator, startEmulator, useEmulator } from '../../infra/local/pubsub-emulator.ts';

const given = process.env.PUBSUB_EMULATOR_HOST;

/** The reason to skip a test that needs the Pub/Sub emulator, or false; an emulator that is there is never passed by. */
export const withoutEmulator: string | false = given
  ? false
  : await findEmulator().then(
      () => false as const,
      (error) => {
        // On CI a part that is missing is a failure; only where there is no SDK at all, the tests are skipped.
        if (!(error instanceof NoEmulatorError) || (process.env.CI && error.hasSdk)) throw error;
        return error.message;
      },
    );

/** The emulator of PUBSUB_EMULATOR_HOST, else one of this test file's own. */
export function openTestEmulator(): Promise<PubSubEmulator> {
  return given ? useEmulator(given) : startEmulator();
}

/** A project of its own keeps a test's topics apart from any other's. */
export function uniqueProject(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}
