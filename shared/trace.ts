import { randomBytes } from 'node:crypto';

const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** The trace of a message: carried on from it, or a new one. @see https://www.w3.org/TR/trace-context/ */
export function traceparentFrom(attributes: Record<string, string>): string {
  const given = attributes.traceparent;
  const traceId = given && traceparentPattern.exec(given)?.[1];
  return `00-${traceId || randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

/** The log field by which Cloud Logging groups the lines of one trace. */
export function traceLogField(traceparent: string, projectId: string | undefined): Record<string, string> {
  const traceId = traceparent.split('-')[1]!;
  const name = projectId ? `projects/${projectId}/traces/${traceId}` : traceId;
  return { 'logging.googleapis.com/trace': name };
}
