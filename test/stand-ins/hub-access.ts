import type { IncomingMessage } from 'node:http';
import { refusal, storageRefusal } from './hub-answer.ts';
import type { Repository } from './hub-repository.ts';
import type { Found } from './hub-route.ts';
import type { Signer } from './hub-signature.ts';

export type Role = 'nobody' | 'reader' | 'writer';

export interface AccessOptions {
  token: string;
  readToken: string | undefined;
  signer: Signer;
}

const challenge = { 'WWW-Authenticate': 'Bearer realm="Authentication required", charset="UTF-8"' };

/**
 * Lets in or refuses, in the Hub's words: without a token it does not tell a dataset that is missing from a private one.
 * @throws {Refusal}
 */
export function createAccess({ token, readToken, signer }: AccessOptions) {
  function roleOf(request: IncomingMessage): Role {
    const { authorization } = request.headers;
    if (authorization === undefined) return 'nobody';
    if (authorization === `Bearer ${token}`) return 'writer';
    if (readToken !== undefined && authorization === `Bearer ${readToken}`) return 'reader';
    throw refusal(401, 'Invalid credentials in Authorization header', challenge);
  }

  return ({ access, id }: Found, repository: Repository | undefined, request: IncomingMessage, url: URL): Role => {
    if (access === 'signed') {
      if (repository && signer.isValid(url)) return 'nobody';
      throw storageRefusal(403, 'SignatureDoesNotMatch', 'The signature does not match, or the address has expired.');
    }
    const role = roleOf(request);
    if (access === 'all') return role;
    const isOpen = access === 'read' && repository?.isPrivate === false;
    if (role === 'nobody' && !isOpen) throw refusal(401, 'Invalid username or password.', challenge);
    if (id !== undefined && !repository) {
      throw refusal(404, 'Repository not found', { 'X-Error-Code': 'RepoNotFound' });
    }
    if (access === 'write' && role === 'reader') {
      throw refusal(403, 'Forbidden: you must use a write token to upload to a repository.');
    }
    return role;
  };
}
