import type { Topic } from './pipeline.ts';
import type { Bind } from './sql/bindings.ts';

/** Stages whose work is pending by a predicate over the row of an article. */
export const stages = ['enrich', 'embed', 'sync'] as const;
export type Stage = (typeof stages)[number];

/**
 * What the stages are asked to reach now; a change here makes work pending without touching a row. A function that does
 * not know a target leaves it out, and then only what changed in the row is pending.
 */
export interface StageTargets {
  /** Rank of the enricher in force: rows enriched by a lesser one are pending. */
  enricherRank?: number;
  /** Model in force: rows whose vector is of another one are pending. */
  embeddingModel?: string;
  /** Id of the search index in force: rows that were written to another one are pending. */
  searchIndex?: string;
}

/**
 * The ways in which a stage can have work, each a condition over `news` with an index of its own. A listing asks for
 * each by itself: joined by `or`, the planner takes them for common and walks the whole table when nothing is pending.
 */
export function pendingParts(stage: Stage, targets: StageTargets, bind: Bind): string[] {
  switch (stage) {
    case 'enrich': {
      const { enricherRank } = targets;
      const lesser = enricherRank === undefined ? [] : [`enriched_rank < ${bind(enricherRank)}::smallint`];
      return ['enriched_revision < revision', ...lesser];
    }
    case 'embed':
      return [
        'embedded_text_hash is distinct from embedding_text_hash',
        ...otherThan('embedding_model', targets.embeddingModel, bind),
      ];
    case 'sync':
      return ['synced_version < version', ...otherThan('synced_index', targets.searchIndex, bind)];
  }
}

/** "Not equal" as an index answers it. */
function otherThan(column: string, value: string | undefined, bind: Bind): string[] {
  if (value === undefined) return [];
  const bound = bind(value);
  return [`${column} < ${bound}::text`, `${column} > ${bound}::text`];
}

/** The condition over `news` that says that a stage has work: the same for handlers, coverage, lag, repair, replay. */
export function pending(stage: Stage, targets: StageTargets, bind: Bind): string {
  return `(${pendingParts(stage, targets, bind).join(' or ')})`;
}

/** Which stages of one article have work. */
export type PendingStages = { [S in Stage as `${S}Pending`]: boolean };

/** The select list that reads `PendingStages`. */
export function pendingColumns(targets: StageTargets, bind: Bind): string {
  return stages.map((stage) => `${pending(stage, targets, bind)} as "${stage}Pending"`).join(', ');
}

/** The topic whose message starts a stage. */
export const topicOf: Record<Stage, Topic> = { enrich: 'scraped', embed: 'enriched', sync: 'embedded' };

/** The topic that nudges the first stage with work after `stage`, so that an article never waits for a missed message. */
export function nextTopic(stage: Stage, state: PendingStages): Topic | undefined {
  const next = stages.slice(stages.indexOf(stage) + 1).find((candidate) => state[`${candidate}Pending`]);
  return next && topicOf[next];
}
