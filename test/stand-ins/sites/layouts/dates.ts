import { saoPauloIso } from '../../../../shared/time.ts';

/** `31/08/2023`, as a clock in Brasília has it. */
export function brazilianDay(instant: Date): string {
  const [year, month, day] = saoPauloIso(instant).slice(0, 10).split('-');
  return `${day}/${month}/${year}`;
}

/** `12:32` */
export function clockTime(instant: Date): string {
  return saoPauloIso(instant).slice(11, 16);
}

/** `12h32` */
export function hourTime(instant: Date): string {
  return clockTime(instant).replace(':', 'h');
}

/** `2026-01-02T20:15:00+00:00`, as the REST API of Plone writes an instant. */
export function ploneUtc(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}+00:00`;
}
