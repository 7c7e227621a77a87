import { type Refusal, refusal } from './typesense-collection.ts';

/** What the real server answers to a request that it cannot do. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(code: number, error: string) {
    super(error);
    this.refusal = refusal(error, code);
  }
}
