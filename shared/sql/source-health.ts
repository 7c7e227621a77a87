import type { Queryable } from '../database.ts';
import { type SourceStanding, standingColumns } from './sources.ts';

/** What the runs and the articles of a source show. */
export interface SourceActivity extends SourceStanding {
  first_run_at: Date | null;
  last_success_at: Date | null;
  /** Runs that failed since the last success; counted up to 1,000. */
  consecutive_failures: number;
  failing_since: Date | null;
  /** Of the last run that failed, when none has succeeded since. */
  last_category: string | null;
  last_error: string | null;
  /** Start of the oldest run that neither ended nor was followed by one that did. */
  running_since: Date | null;
  /** Within the last year. */
  newest_article_at: Date | null;
  articles_24h: number;
  articles_7d: number;
  /** Mean over the eight weeks before the last seven days. */
  usual_articles_per_day: number;
  /**
   * Mean time between the days on which it published, in the 90 days up to its newest article; null when these are
   * fewer than five articles or a single day.
   */
  usual_gap_days: number | null;
}

/**
 * Reads what the runs and the articles of all sources show, by agency and address.
 *
 * Articles count by the day of their publication, removed ones too: a backfill or an edit changes nothing. Those of an
 * agency with one active source are all that source's, wherever they came from; where an agency has several, `pages`
 * says whose an article is.
 */
export async function listSourceActivity(db: Queryable): Promise<SourceActivity[]> {
  const { rows } = await db.query<SourceActivity>(
    `with active as (
       select agency_key, min(url) as only_url, count(*) = 1 as is_only
       from sources where is_active group by agency_key
     ),
     articles as (
       -- answered by the index alone
       select only_url as url, published_at
       from active join news using (agency_key)
       where is_only and published_at > now() - interval '1 year' and published_at <= now()
       union all
       -- one lookup after the other: planned as joins, it reads all pages, and a year of every agency
       select (select source_url from pages where pages.agency_key = recent.agency_key
           and md5(pages.canonical_url) = md5(recent.canonical_url) and pages.canonical_url = recent.canonical_url),
         published_at
       from active cross join lateral (
         select agency_key, canonical_url, published_at from news
         where news.agency_key = active.agency_key
           and published_at > now() - interval '1 year' and published_at <= now()
         offset 0
       ) as recent
       where not is_only
     ),
     days as (
       select url, day, max(day) over (partition by url) as newest_day, newest, total, last_day, last_week, usual
       from (
         select url, (published_at at time zone 'America/Sao_Paulo')::date as day, max(published_at) as newest,
           count(*) as total,
           count(*) filter (where published_at > now() - interval '24 hours') as last_day,
           count(*) filter (where published_at > now() - interval '7 days') as last_week,
           count(*) filter (where published_at <= now() - interval '7 days'
             and published_at > now() - interval '63 days') as usual
         from articles group by url, day
       ) as counted
     ),
     published as (
       select url, max(newest) as newest, sum(last_day)::integer as last_day, sum(last_week)::integer as last_week,
         (sum(usual) / 56)::float8 as usual_per_day,
         case when sum(total) filter (where day > newest_day - 90) >= 5 then
           (max(day) - min(day) filter (where day > newest_day - 90))::float8
             / nullif(count(*) filter (where day > newest_day - 90) - 1, 0)
         end as usual_gap
       from days group by url
     )
     select ${standingColumns}, first_run.started_at as first_run_at, success.finished_at as last_success_at,
       failures.count as consecutive_failures, failures.since as failing_since, failures.category as last_category,
       failures.error_message as last_error, running.since as running_since, newest as newest_article_at,
       coalesce(last_day, 0) as articles_24h, coalesce(last_week, 0) as articles_7d,
       coalesce(usual_per_day, 0) as usual_articles_per_day, usual_gap as usual_gap_days
     from sources
     left join published using (url)
     left join lateral (
       select started_at from scrape_runs where source_url = sources.url order by started_at limit 1
     ) as first_run on true
     left join lateral (
       select started_at, coalesce(finished_at, started_at) as finished_at
       from scrape_runs where source_url = sources.url and status = 'succeeded'
       order by started_at desc limit 1
     ) as success on true
     cross join lateral (
       select count(*) as count, min(started_at) as since,
         (array_agg(category order by started_at desc))[1] as category,
         (array_agg(error_message order by started_at desc))[1] as error_message
       from (
         select started_at, category, error_message
         from scrape_runs
         where source_url = sources.url and status = 'failed'
           and started_at > coalesce(success.started_at, '-infinity')
         order by started_at desc limit 1000
       ) as failed
     ) as failures
     cross join lateral (
       select min(started_at) as since
       from scrape_runs
       where source_url = sources.url and status = 'running'
         and started_at > coalesce(
           (select started_at from scrape_runs where source_url = sources.url and status <> 'running'
            order by started_at desc limit 1), '-infinity')
     ) as running
     order by sources.agency_key, sources.url`,
  );
  return rows;
}
