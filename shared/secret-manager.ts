import type { AuthClient } from 'google-auth-library';
import { RetryableError } from './errors.ts';
import type { Secret } from './secret.ts';
import { secretError, unusableSecretError } from './secret-manager-errors.ts';
import { formatSecretName, type SecretName } from './secret-name.ts';

export interface SecretManagerOptions {
  /** Another server in place of Google's, which wants no credentials. */
  endpoint?: string;
  /** Who asks that server, where it does want some. */
  authClient?: AuthClient;
  /** How long a value that was read is good for, in milliseconds. Default ten minutes. */
  maxAgeMs?: number;
  /** How long it serves on where Secret Manager does not answer. Default one hour. */
  maxStaleMs?: number;
  /** A value younger than this is not read again, whoever refuses it. Default 30 seconds. */
  minAgeMs?: number;
  /** Longest time of one reading, all tries together. Default five seconds. */
  timeoutMs?: number;
  /** Default that of the machine; for tests. */
  now?(): number;
}

/** Of the status codes of gRPC. */
const unavailable = 14;

interface Known {
  value: string;
  readAt: number;
}

/**
 * A secret that Secret Manager keeps. It is read when it is first needed, by the many who need it at the same time once,
 * and again when it is old or a service refuses it; blanks around it are not part of it.
 *
 * Its methods throw:
 * - {ConfigError} when it is missing, empty, disabled, not to be read or no key; the text has the gcloud command that mends it.
 * - {RetryableError} when Secret Manager does not answer.
 */
export function openSecret(name: SecretName, options: SecretManagerOptions = {}): Secret {
  const { maxAgeMs = 600_000, maxStaleMs = 3_600_000, minAgeMs = 30_000, now = Date.now } = options;
  const access = createAccess(options);
  let known: Known | undefined;
  let reading: Promise<Known> | undefined;

  const readNow = (): Promise<Known> => {
    reading ??= accessTrimmed()
      .then((value) => {
        known = { value, readAt: now() };
        return known;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const accessTrimmed = async () => {
    const value = (await access(name)).trim();
    if (!value) throw unusableSecretError(name, 'is empty');
    // It goes into a header, and what refuses headers quotes them.
    if (!/^[\x21-\x7e]+$/.test(value))
      throw unusableSecretError(name, 'has blanks, line ends or foreign letters in it');
    return value;
  };
  const isYounger = ({ readAt }: Known, ageMs: number) => now() - readAt < ageMs;

  return {
    read: async () => {
      if (known && isYounger(known, maxAgeMs)) return known.value;
      const last = known;
      try {
        return (await readNow()).value;
      } catch (error) {
        if (error instanceof RetryableError && last && isYounger(last, maxStaleMs)) return last.value;
        throw error;
      }
    },
    renew: async (refused) => {
      if (known && (known.value !== refused || isYounger(known, minAgeMs))) return known.value;
      return (await readNow()).value;
    },
  };
}

/** Reads one version over HTTP: loading gRPC takes longer than the few calls that there are. */
function createAccess({ endpoint, authClient, timeoutMs = 5_000 }: SecretManagerOptions) {
  const open = async () => {
    const [{ SecretManagerServiceClient }, { PassThroughClient }] = await Promise.all([
      import('@google-cloud/secret-manager/build/src/v1/index.js'),
      import('google-auth-library'),
    ]);
    const url = endpoint ? new URL(endpoint) : undefined;
    return new SecretManagerServiceClient({
      fallback: true,
      ...(url ? { ...placeOf(url), authClient: authClient ?? new PassThroughClient() } : {}),
    });
  };
  let client: ReturnType<typeof open> | undefined;
  return async (name: SecretName): Promise<string> => {
    try {
      client ??= open();
      const [{ payload }] = await (await client).accessSecretVersion(
        { name: formatSecretName(name) },
        within(timeoutMs),
      );
      return Buffer.from(payload?.data ?? '').toString('utf8');
    } catch (error) {
      // A client that found no credentials fails for ever: the next call gets another one.
      client = undefined;
      throw secretError(error, name);
    }
  };
}

/** One try may take half of the time; only a broken connection is tried again. */
function within(timeoutMs: number) {
  return {
    retry: {
      retryCodes: [unavailable],
      backoffSettings: {
        initialRetryDelayMillis: 100,
        retryDelayMultiplier: 2,
        maxRetryDelayMillis: 1000,
        initialRpcTimeoutMillis: timeoutMs / 2,
        rpcTimeoutMultiplier: 1,
        maxRpcTimeoutMillis: timeoutMs / 2,
        totalTimeoutMillis: timeoutMs,
      },
    },
  };
}

function placeOf({ protocol, hostname, port }: URL) {
  const isPlain = protocol === 'http:';
  return { protocol: isPlain ? 'http' : 'https', apiEndpoint: hostname, port: Number(port) || (isPlain ? 80 : 443) };
}
