import type { FunctionName } from './pipeline.ts';

/**
 * What the platform promises, as data: each row is one alert policy.
 *
 * - `failure-rate`: of the messages that a stage handled within an hour, a larger share failed
 * - `failed-runs`: a run that a schedule or an operator started failed, or the function did not even start for it
 * - `dead-letters`: a message was given up, by a subscription or by a stage
 * - `backlog-age`: the oldest message of a subscription waits longer
 * - `error-rate`: of the requests that a function answered, a larger share ended with 5xx
 * - `latency`: the 95th percentile of a function's answers is slower
 * - `search-server`: the server of Typesense does not answer, or says nothing of itself any more; only where there is one
 * - `status`: an address of `api` does not answer, or not as it should
 */
export type AlertCondition =
  | { kind: 'failure-rate'; function: FunctionName; above: number }
  | { kind: 'failed-runs'; function: FunctionName }
  | { kind: 'dead-letters' }
  | { kind: 'backlog-age'; aboveSeconds: number }
  | { kind: 'error-rate'; above: number }
  | { kind: 'latency'; function: FunctionName; aboveMs: number }
  | { kind: 'search-server'; silentSeconds: number }
  | { kind: 'status'; path: string; everySeconds: 60 | 300 | 600 | 900; expects?: StatusContent };

/** What the body must be: without a text, or with a value that matches at a JSONPath. */
export type StatusContent = { without: string } | { jsonPath: string; matches: string };

export interface PlatformAlert {
  /** Also the heading of its section in the runbook. */
  name: string;
  severity: 'CRITICAL' | 'ERROR' | 'WARNING';
  condition: AlertCondition;
  /** For people, in Portuguese: what is wrong. */
  text: string;
}

/** The alerts of the platform. */
export const alerts: readonly PlatformAlert[] = [
  {
    name: 'health',
    severity: 'CRITICAL',
    condition: { kind: 'status', path: '/health', everySeconds: 300 },
    text: 'A API não responde, ou não alcança o banco de dados.',
  },
  {
    name: 'embed-failures',
    severity: 'ERROR',
    condition: { kind: 'failure-rate', function: 'embed', above: 0.05 },
    text: 'Mais de 5 % das mensagens de embed falharam na última hora.',
  },
  {
    name: 'sync-failures',
    severity: 'ERROR',
    condition: { kind: 'failure-rate', function: 'sync', above: 0.05 },
    text: 'Mais de 5 % das mensagens de sync falharam na última hora: a busca fica para trás.',
  },
  {
    name: 'search-server',
    severity: 'CRITICAL',
    condition: { kind: 'search-server', silentSeconds: 600 },
    text: 'O servidor de busca (Typesense) não responde há cinco minutos, ou não dá sinal de vida há dez.',
  },
  {
    name: 'export-failed',
    severity: 'ERROR',
    condition: { kind: 'failed-runs', function: 'export' },
    text: 'A exportação do conjunto de dados falhou.',
  },
  {
    name: 'dispatch-failed',
    severity: 'ERROR',
    condition: { kind: 'failed-runs', function: 'dispatch' },
    text: 'A coleta não foi pedida: dispatch falhou.',
  },
  {
    name: 'reconcile-failed',
    severity: 'ERROR',
    condition: { kind: 'failed-runs', function: 'reconcile' },
    text: 'reconcile falhou: o que ficou para trás não é retomado.',
  },
  {
    name: 'coverage',
    severity: 'ERROR',
    condition: { kind: 'status', path: '/status', everySeconds: 900, expects: { without: '"kind":"coverage"' } },
    text: 'Uma etapa alcançou menos de 90 % das notícias.',
  },
  {
    name: 'stale-sources',
    severity: 'WARNING',
    condition: {
      kind: 'status',
      path: '/status',
      everySeconds: 900,
      // A source that rests for a while is not yet a source that broke; half a dozen at once are.
      expects: { jsonPath: '$.sources.stale', matches: '^[0-5]$' },
    },
    text: 'Mais de cinco fontes não publicam há três vezes o seu intervalo usual.',
  },
  {
    name: 'dead-letters',
    severity: 'ERROR',
    condition: { kind: 'dead-letters' },
    text: 'Uma mensagem foi abandonada e está em quarentena.',
  },
  {
    name: 'outbox',
    severity: 'ERROR',
    condition: { kind: 'status', path: '/status', everySeconds: 900, expects: { without: '"kind":"outbox"' } },
    text: 'Mensagens esperam publicação há mais de 15 minutos.',
  },
  {
    name: 'backlog-age',
    severity: 'WARNING',
    condition: { kind: 'backlog-age', aboveSeconds: 1800 },
    text: 'Uma mensagem espera há mais de 30 minutos.',
  },
  {
    name: 'error-rate',
    severity: 'WARNING',
    condition: { kind: 'error-rate', above: 0.05 },
    text: 'Mais de 5 % das chamadas de uma função terminaram com erro 5xx.',
  },
  {
    name: 'api-latency',
    severity: 'WARNING',
    condition: { kind: 'latency', function: 'api', aboveMs: 1500 },
    text: 'O percentil 95 do tempo de resposta da API passou de 1,5 s.',
  },
];
