import { InvalidArgumentError } from 'commander';

/** A rate as people write it: `50/s`, `50`, `0.5/s`, `30/min`; per second. */
export function parseRate(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(?:\/(s|min))?$/.exec(text.trim()) ?? [];
  const perSecond = Number(number) / (unit === 'min' ? 60 : 1);
  if (!(perSecond >= 0.1 && perSecond <= 1000)) {
    throw new InvalidArgumentError('must be a rate such as 50/s, from 0.1/s to 1000/s');
  }
  return perSecond;
}
