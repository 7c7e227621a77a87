import type { IncomingMessage } from 'node:http';
import { URLPattern } from 'node:url';
import type { Role } from './hub-access.ts';
import type { Answer } from './hub-answer.ts';
import type { HubStep } from './hub-faults.ts';
import type { HubRequest } from './hub-request.ts';

/** Who gets in: anyone, whoever may see the dataset, may write to it, has any token, or has a signed address. */
export type Access = 'all' | 'read' | 'write' | 'token' | 'signed';

export interface Route {
  methods: string[];
  path: URLPattern;
  step: HubStep;
  access: Access;
  answer: (hubRequest: HubRequest, role: Role) => Answer | Promise<Answer>;
}

/** A route with what the path has in the places of its pattern; `id` where it is of a dataset. */
export type Found = Route & { groups: Record<string, string | undefined>; id: string | undefined };

/** A route from its methods and path, as `GET,HEAD /path`. */
export function route(pattern: string, step: HubStep, access: Route['access'], answer: Route['answer']): Route {
  const [methods, pathname] = pattern.split(' ') as [string, string];
  return { methods: methods.split(','), path: new URLPattern({ pathname }), step, access, answer };
}

/** The route of a request. */
export function findRoute(routes: Route[], request: IncomingMessage, url: URL): Found | undefined {
  for (const candidate of routes) {
    const groups = candidate.path.exec(url)?.pathname.groups;
    if (!groups || !candidate.methods.includes(request.method ?? '')) continue;
    const { namespace, name } = groups;
    const id = namespace === undefined || name === undefined ? undefined : `${decode(namespace)}/${decode(name)}`;
    return { ...candidate, groups, id };
  }
  return undefined;
}

/** What is no percent-encoding stays as it came, and names nothing. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
