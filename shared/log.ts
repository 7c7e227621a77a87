/** Fields of one log line: ids, counts and durations; never bodies, never secrets. */
export type LogFields = Record<string, unknown>;

/** Writes one line a call. Cloud Logging reads `severity`, `message` and `logging.googleapis.com/trace`. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger of one JSON object a line on stdout, as Cloud Logging takes it. */
export function createLogger(write: (line: string) => void = (line) => process.stdout.write(line)): Logger {
  const log =
    (severity: string) =>
    (message: string, fields: LogFields = {}) =>
      write(`${JSON.stringify({ severity, message, ...fields })}\n`);
  return { info: log('INFO'), warning: log('WARNING'), error: log('ERROR') };
}

/** A logger that writes nothing. */
export const silentLogger: Logger = { info() {}, warning() {}, error() {} };
