import { STATUS_CODES } from 'node:http';

/** A parameter that cannot be used as given, and why. */
export interface InvalidParameter {
  parameter: string;
  detail: string;
}

/** Ends a request with a status of its own; the text is for the caller. */
export class ProblemError extends Error {
  override name = 'ProblemError';
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly invalidParameters: readonly InvalidParameter[] | undefined;

  constructor(
    status: number,
    detail: string,
    more: {
      headers?: Record<string, string>;
      invalidParameters?: readonly InvalidParameter[];
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.status = status;
    this.headers = more.headers ?? {};
    this.invalidParameters = more.invalidParameters;
  }
}

/**
 * The body of an answer that reports a problem. Its type is `about:blank`, so its title is that of the status.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function problemDetails({ status, message, invalidParameters }: ProblemError): object {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    detail: message,
    ...(invalidParameters ? { invalid_parameters: invalidParameters } : {}),
  };
}
