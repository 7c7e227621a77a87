import type { Queryable } from '../../shared/database.ts';
import { type Stage, stages } from '../../shared/pending.ts';

/** Something of the pipeline that a person should look at. */
export interface Alert {
  /**
   * `failure_rate`: of what a stage handled in the last 24 hours, more than 5 % failed for good (of `scrape`: runs).
   * `coverage`: a stage has reached less than 90 % of the articles.
   * `dead_letters`: at least one is open.
   * `outbox`: messages have waited to be published for more than 15 minutes, through at least two runs of `reconcile`.
   */
  kind: 'failure_rate' | 'coverage' | 'dead_letters' | 'outbox';
  stage: string;
  /** A share from 0 to 1; of `dead_letters` and `outbox` their number. */
  value: number;
  /** What the value is held against. */
  threshold: number;
  /** For people, in Portuguese. */
  text: string;
}

/** @see Alert */
export const thresholds = { failureRate: 0.05, coverage: 0.9, deadLetters: 0, outbox: 0 } as const;

/** What a stage did in the last 24 hours. */
export interface StageActivity {
  stage: Stage | 'scrape';
  failed: number;
  /** Failed ones included. */
  handled: number;
}

const handledAt: Record<Stage, string> = {
  enrich: 'enriched_at',
  embed: 'embedding_generated_at',
  sync: 'synced_at',
};

/** Reads what each stage handled, and what of it is in quarantine since. */
export async function readActivity(tx: Queryable): Promise<StageActivity[]> {
  const recent = `> now() - interval '24 hours'`;
  const ofStages = stages.map(
    (stage) => `select '${stage}' as stage, failed, done + failed as handled from
      (select count(*) as done from news where ${handledAt[stage]} ${recent}) as news,
      (select count(*) as failed from quarantine where stage = '${stage}' and first_failed_at ${recent}) as quarantine`,
  );
  const ofScrape = `select 'scrape' as stage, count(*) filter (where status = 'failed') as failed,
      count(*) filter (where status <> 'running') as handled
    from scrape_runs where started_at ${recent}`;
  const { rows } = await tx.query<StageActivity>([...ofStages, ofScrape].join(' union all '));
  return rows;
}

/** What is beyond its threshold, in the order of the kinds. */
export function findAlerts(
  status: {
    articles: number;
    enriched: number;
    embedded: number;
    synced: number;
    quarantine: Readonly<Record<string, number>>;
    /** Messages that have waited too long. */
    stuck: number;
  },
  activity: readonly StageActivity[],
): Alert[] {
  const failing = activity.flatMap(({ stage, failed, handled }): Alert[] => {
    const value = handled === 0 ? 0 : failed / handled;
    if (value <= thresholds.failureRate) return [];
    const text = `${stage}: ${failed} de ${handled} falharam nas últimas 24 horas (${percent(value)}; limite ${percent(thresholds.failureRate)})`;
    return [{ kind: 'failure_rate', stage, value, threshold: thresholds.failureRate, text }];
  });
  const reached: Record<Stage, number> = { enrich: status.enriched, embed: status.embedded, sync: status.synced };
  const uncovered = stages.flatMap((stage): Alert[] => {
    const value = status.articles === 0 ? 1 : reached[stage] / status.articles;
    if (value >= thresholds.coverage) return [];
    const text = `${stage}: cobertura de ${percent(value)} das notícias (mínimo ${percent(thresholds.coverage)})`;
    return [{ kind: 'coverage', stage, value, threshold: thresholds.coverage, text }];
  });
  const dead = Object.entries(status.quarantine).map(([stage, value]): Alert => {
    const text = `${stage}: ${value} ${value === 1 ? 'mensagem' : 'mensagens'} em quarentena`;
    return { kind: 'dead_letters', stage, value, threshold: thresholds.deadLetters, text };
  });
  const { stuck } = status;
  const waiting: Alert = {
    kind: 'outbox',
    stage: 'reconcile',
    value: stuck,
    threshold: thresholds.outbox,
    text: `outbox: ${stuck} ${stuck === 1 ? 'mensagem espera' : 'mensagens esperam'} publicação há mais de 15 minutos`,
  };
  return [...failing, ...uncovered, ...dead, ...(stuck > thresholds.outbox ? [waiting] : [])];
}

const percentage = new Intl.NumberFormat('pt-BR', { style: 'percent', maximumFractionDigits: 1 });

function percent(share: number): string {
  return percentage.format(share);
}
