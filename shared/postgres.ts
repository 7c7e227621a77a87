import { AuthTypes, Connector, IpAddressTypes } from '@google-cloud/cloud-sql-connector';
import pg from 'pg';
import type { Database, Patience, Row, Snapshot } from './database.ts';
import { ConfigError, errorMessage, RetryableError } from './errors.ts';
import { copyOut } from './postgres-copy-out.ts';
import { toDeliveryError } from './postgres-errors.ts';

/** How Postgres is reached: one URL, or a Cloud SQL instance by IAM login (no proxy, no password). */
export type PostgresTarget =
  | { url: string }
  | { instanceConnectionName: string; user: string; database: string; ipType?: 'PRIVATE' | 'PUBLIC' };

/** Connections of a pool, unless told. */
export const usualConnections = 5;

/** Bounds of a pool. */
export interface PostgresOptions {
  /** Connections of this instance at most; more callers wait in the pool's queue. Default `usualConnections`. */
  maxConnections?: number;
  /** Longest run of one statement, in milliseconds; 0 for none. Default 30,000. */
  statementTimeoutMs?: number;
  /** Longest wait for a connection, in milliseconds; then the call fails and the message is redelivered. Default 5,000. */
  connectTimeoutMs?: number;
  /** Settings of every session, by their names in Postgres. Default none. */
  sessionSettings?: Readonly<Record<string, string>>;
}

const INT8_OID = 20;
// Counts and epoch seconds and microseconds of real dates all stay below 2^53.
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/**
 * Opens a pool of connections.
 *
 * @throws {ConfigError} when the URL is none, or has a character that must be percent-encoded.
 * @throws {RetryableError} when the database cannot be reached; the text names host and port, never the password.
 */
export async function openPostgres(target: PostgresTarget, options: PostgresOptions = {}): Promise<Database> {
  if ('url' in target) checkUrl(target.url);
  const connector = 'url' in target ? undefined : new Connector();
  let pool: pg.Pool | undefined;
  const { statementTimeoutMs = 30_000, sessionSettings = {} } = options;
  const close = async () => {
    await pool?.end();
    connector?.close();
  };
  try {
    pool = new pg.Pool({
      ...(await resolveTarget(target, connector)),
      types,
      max: options.maxConnections ?? usualConnections,
      statement_timeout: statementTimeoutMs,
      // For a server that is gone without a word: no statement outlives its timeout on the server.
      query_timeout: statementTimeoutMs > 0 ? statementTimeoutMs + 5_000 : undefined,
      keepAlive: true,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      application_name: 'destaques',
      // Not as options of the connection: those of a URL would replace them without a word.
      onConnect: (client) => applySettings(client, sessionSettings),
    });
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    pool.on('error', () => {});
    const database = fromPool(pool);
    await database.query('select 1');
    return { ...database, close };
  } catch (cause) {
    await close();
    throw new RetryableError(`Postgres at ${describeTarget(target)} cannot be reached: ${reason(cause)}`, { cause });
  }
}

async function resolveTarget(target: PostgresTarget, connector: Connector | undefined): Promise<pg.PoolConfig> {
  if ('url' in target) return { connectionString: target.url };
  const address = await connector!.getOptions({
    instanceConnectionName: target.instanceConnectionName,
    ipType: IpAddressTypes[target.ipType ?? 'PRIVATE'],
    authType: AuthTypes.IAM,
  });
  return { ...address, user: target.user, database: target.database };
}

async function applySettings(client: pg.ClientBase, settings: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    await client.query('select set_config($1, $2, false)', [name, value]);
  }
}

function fromPool(pool: pg.Pool): Omit<Database, 'close'> {
  const session = async <T>(
    work: (client: Snapshot) => Promise<T>,
    { isUnlimited = false }: Patience = {},
  ): Promise<T> => {
    const client = await pool.connect().catch(rethrow);
    let broken: Error | undefined;
    const onError = (error: Error) => {
      broken = error;
    };
    client.on('error', onError);
    try {
      if (isUnlimited) await run(client, 'set statement_timeout = 0');
      return await work({
        query: (text, values) => run(client, text, values, isUnlimited ? unlimitedMs : undefined),
        copyOut: (select) => copyOut(client, select).catch(rethrow),
      });
    } finally {
      // On a connection that fails here the next statement fails too, and drops it.
      if (isUnlimited) await client.query('reset statement_timeout').catch(() => {});
      client.off('error', onError);
      client.release(broken);
    }
  };
  const within = <T>(begin: string, work: (tx: Snapshot) => Promise<T>, patience?: Patience): Promise<T> =>
    session(async (client) => {
      await client.query(begin);
      try {
        const result = await work(client);
        await client.query('commit');
        return result;
      } catch (error) {
        // On a broken connection the server rolls back by itself, and `session` drops the connection.
        await client.query('rollback').catch(() => {});
        throw error;
      }
    }, patience);
  return {
    query: (text, values) => run(pool, text, values),
    session,
    transaction: (work, patience) => within('begin', work, patience),
    snapshot: (work) => within('begin isolation level repeatable read, read only', work),
  };
}

/** The longest time that a timer has; 0 would be the time of the pool. */
const unlimitedMs = 2 ** 31 - 1;

async function run<R extends object = Row>(
  client: pg.Pool | pg.PoolClient,
  text: string,
  values?: unknown[],
  timeoutMs?: number,
) {
  const query = { text, ...(values ? { values } : {}), ...(timeoutMs ? { query_timeout: timeoutMs } : {}) };
  // A text of several statements has several results; the last one is the answer.
  const results = [await client.query<R & pg.QueryResultRow>(query).catch(rethrow)].flat();
  const { rows, rowCount } = results.at(-1)!;
  return { rows: rows as R[], rowCount: rowCount ?? 0 };
}

function rethrow(error: unknown): never {
  throw toDeliveryError(error);
}

/**
 * With a raw `@`, `/`, `?` or `#` in its password, a URL names another host than was meant, and the rest of the password
 * would be shown as part of an address. In all of these cases an `@` stands where none may.
 */
function checkUrl(url: string): void {
  const [, authority, rest] = /^[a-z]+:\/\/([^/?#]*)(.*)$/is.exec(url) ?? ['', url, ''];
  if (authority!.split('@').length > 2 || rest!.includes('@')) {
    throw new ConfigError(
      'The database URL has an @ where none may stand: percent-encode the password (@ is %40, / is %2F, ? is %3F, # is %23)',
    );
  }
  // Without a host, the query names a socket.
  if (!URL.canParse(url.replace('@/', '@host/'))) {
    throw new ConfigError('The database URL is not of the form postgres://user:password@host:port/database');
  }
}

function describeTarget(target: PostgresTarget): string {
  if (!('url' in target)) return target.instanceConnectionName;
  if (!URL.canParse(target.url)) return 'the given URL';
  const { hostname, port, pathname } = new URL(target.url);
  return `${hostname}:${port || 5432}${pathname}`;
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join(', ');
  return errorMessage(error);
}
