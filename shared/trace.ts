import { randomBytes } from 'node:crypto';

const traceparentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const traceIdPattern = /^(?!0{32})[0-9a-f]{32}$/;

/** The trace of a message: carried on from its `traceparent` or `trace_id`, or a new one. @see https://www.w3.org/TR/trace-context/ */
export function traceparentFrom(attributes: Record<string, string>): string {
  const { traceparent = '', trace_id = '' } = attributes;
  const traceId = traceparentPattern.exec(traceparent)?.[1] ?? traceIdPattern.exec(trace_id)?.[0];
  return `00-${traceId ?? randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}

/** The trace that an HTTP request belongs to, as the attributes of a message have it; empty when it has none. */
export function traceAttributesOf(request: { get(header: string): string | undefined }): Record<string, string> {
  const traceparent = request.get('traceparent');
  return traceparent ? { traceparent } : {};
}

/** The log field by which Cloud Logging groups the lines of one trace. */
export function traceLogField(traceparent: string, projectId: string | undefined): Record<string, string> {
  const traceId = traceparent.split('-')[1]!;
  const name = projectId ? `projects/${projectId}/traces/${traceId}` : traceId;
  return { 'logging.googleapis.com/trace': name };
}
