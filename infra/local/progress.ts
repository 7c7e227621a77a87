/** Shows where long work is: one line that is rewritten on a terminal, a line every few seconds elsewhere. */
export interface Progress {
  update(text: string): void;
  /** Ends the line that is being rewritten, and prints one that stays. */
  done(text: string): void;
}

const quietIntervalMs = 3000;

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let shown = '';
  let shownAt = 0;
  return {
    update(text) {
      const now = performance.now();
      const isTerminal = stream.isTTY === true;
      if (text === shown || now - shownAt < (isTerminal ? 80 : quietIntervalMs)) return;
      shown = text;
      shownAt = now;
      stream.write(isTerminal ? `\r\u001b[K  ${text.slice(0, (stream.columns ?? 100) - 3)}` : `  ${text}\n`);
    },
    done(text) {
      shown = '';
      stream.write(`${stream.isTTY ? '\r\u001b[K' : ''}${text}\n`);
    },
  };
}

/** For people: `45 s`, `12 min`, `3.5 h`. */
export function describeDuration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`;
}
