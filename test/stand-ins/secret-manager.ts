import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SecretManagerStandInOptions {
  /** Id of the one project that there is. Default `destaques-test`. */
  project?: string;
  /** The access token that requests must carry; any request is taken unless it is given. */
  token?: string;
}

/**
 * The part of Secret Manager's JSON API that the project uses: versions of secrets, read one at a time. It refuses what
 * the real service refuses, in its words.
 *
 * @see https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access
 */
export interface SecretManagerStandIn {
  url: string;
  project: string;
  /** Makes a secret without a version. */
  create(secret: string): void;
  /** Adds a version to a secret, which is made where it is not there. @returns its number. */
  add(secret: string, value: string): number;
  setState(secret: string, version: number, state: VersionState): void;
  /** From now on nobody may read it. */
  deny(secret: string): void;
  /** Nothing more is answered than that the API is switched off in the project. */
  switchOff(): void;
  /** The next requests are answered with 503. */
  failNext(count: number): void;
  /** Names of the versions that were asked for, in their order. */
  requests(): string[];
  close(): Promise<void>;
}

export type VersionState = 'ENABLED' | 'DISABLED' | 'DESTROYED';

interface Version {
  value: string;
  state: VersionState;
}

/** The number of the project, which answers name it by. */
const projectNumber = '123456789012';

class Refusal extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Starts it on any free port of loopback. */
export async function startSecretManager(options: SecretManagerStandInOptions = {}): Promise<SecretManagerStandIn> {
  const { project = 'destaques-test', token } = options;
  const secrets = new Map<string, Version[]>();
  const denied = new Set<string>();
  const requests: string[] = [];
  let failures = 0;
  let isOff = false;

  const find = (secret: string, version: string): { number: number; found: Version } => {
    const versions = secrets.get(secret) ?? [];
    const number = version === 'latest' ? versions.length : Number(version);
    const found = versions[number - 1];
    if (found) return { number, found };
    const place = `projects/${projectNumber}/secrets/${secret}`;
    throw version === 'latest' || !secrets.has(secret)
      ? new Refusal(404, 'NOT_FOUND', `Secret [${place}] not found or has no versions.`)
      : new Refusal(404, 'NOT_FOUND', `Secret Version [${place}/versions/${number}] not found.`);
  };

  const access = (request: IncomingMessage): object => {
    const { pathname } = new URL(request.url!, 'http://any');
    const [, name, asked, secret, version] =
      /^\/v1\/(projects\/([^/]+)\/secrets\/([^/]+)\/versions\/([^/:]+)):access$/.exec(pathname) ?? [];
    if (request.method !== 'GET' || !name) throw new Refusal(404, 'NOT_FOUND', 'Method not found.');
    requests.push(name);
    if (failures > 0) {
      failures -= 1;
      throw new Refusal(503, 'UNAVAILABLE', 'The service is currently unavailable.');
    }
    if (token && request.headers.authorization !== `Bearer ${token}`) {
      throw new Refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    }
    if (isOff) {
      const text = `Secret Manager API has not been used in project ${project} before or it is disabled.`;
      throw new Refusal(403, 'PERMISSION_DENIED', text);
    }
    if (asked !== project || denied.has(secret!)) {
      const text = `Permission 'secretmanager.versions.access' denied for resource '${name}' (or it may not exist).`;
      throw new Refusal(403, 'PERMISSION_DENIED', text);
    }
    const { number, found } = find(secret!, version!);
    const stored = `projects/${projectNumber}/secrets/${secret}/versions/${number}`;
    if (found.state !== 'ENABLED') {
      throw new Refusal(400, 'FAILED_PRECONDITION', `Secret Version [${stored}] is in ${found.state} state.`);
    }
    return { name: stored, payload: { data: Buffer.from(found.value).toString('base64') } };
  };

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    try {
      answer(200, access(request));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer(error.status, { error: { code: error.status, message: error.message, status: error.reason } });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    project,
    create: (secret) => void secrets.set(secret, []),
    add: (secret, value) => {
      const versions = secrets.get(secret) ?? [];
      secrets.set(secret, [...versions, { value, state: 'ENABLED' }]);
      return versions.length + 1;
    },
    setState: (secret, version, state) => {
      secrets.get(secret)![version - 1]!.state = state;
    },
    deny: (secret) => void denied.add(secret),
    switchOff: () => {
      isOff = true;
    },
    failNext: (count) => {
      failures = count;
    },
    requests: () => [...requests],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
