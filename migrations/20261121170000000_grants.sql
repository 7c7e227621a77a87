-- Up Migration

-- What the database user of each function may do, and nothing else. A user is a service account, named as Cloud SQL names
-- them (`fn-scrape@PROJECT.iam`); where there is none, as on one machine, nothing happens. May be called again: after each
-- release, and when a user was made anew.
create procedure grant_functions(accounts text default 'fn-%@%.iam') language plpgsql as $$
declare
  account name;
  permission text[];
begin
  for account in select rolname from pg_roles where rolname like accounts loop
    foreach permission slice 1 in array array[
      ['dispatch', 'select', 'agencies, sources, scrape_runs'],
      ['scrape', 'select, insert, update', 'hub_journal'],
      ['scrape', 'select', 'agencies'],
      ['scrape', 'select, update', 'sources'],
      ['scrape', 'select, insert, update', 'news, pages, hosts, host_slots, scrape_runs, quarantine'],
      ['scrape', 'select, insert, delete', 'outbox'],
      ['enrich', 'select, insert, update', 'hub_journal'],
      ['enrich', 'select', 'themes'],
      ['enrich', 'select, update', 'news'],
      ['enrich', 'select, insert, update', 'news_features, quarantine'],
      ['enrich', 'select, insert, delete', 'outbox'],
      ['embed', 'select, insert, update', 'hub_journal'],
      ['embed', 'select, update', 'news'],
      ['embed', 'select, insert, update', 'quarantine'],
      ['embed', 'select, insert, delete', 'outbox'],
      ['sync', 'select, insert, update', 'hub_journal'],
      ['sync', 'select', 'themes, news_features'],
      ['sync', 'select, insert, update, delete', 'search_collections'],
      ['sync', 'select, update', 'news'],
      ['sync', 'select, insert, update', 'quarantine'],
      ['sync', 'select, insert, delete', 'outbox'],
      ['export', 'select', 'news, news_features, themes, agencies, imports'],
      ['export', 'select, insert, update, delete', 'hub_shards'],
      ['export', 'select, update, delete', 'hub_journal'],
      ['export', 'select, insert, update', 'sync_log'],
      ['import', 'select, insert, update', 'hub_journal'],
      ['import', 'select, insert', 'agencies, themes'],
      ['import', 'select, insert, update', 'news, import_twins, imports'],
      ['import', 'select, insert, update, delete', 'import_files'],
      ['reconcile', 'select, insert, update', 'hub_journal'],
      ['reconcile', 'select', 'agencies'],
      ['reconcile', 'select, insert, update, delete', 'search_collections'],
      ['reconcile', 'select, update', 'news, pages'],
      ['reconcile', 'select, insert, update', 'replays, comparisons'],
      ['reconcile', 'select, delete', 'scrape_runs'],
      ['reconcile', 'select, insert, update, delete', 'requeues, quarantine, outbox'],
      ['quarantine', 'select', 'scrape_runs'],
      ['quarantine', 'select, insert, update', 'quarantine'],
      ['api', 'select', 'news, news_features, themes, agencies, sources, scrape_runs, pages, quarantine, outbox, hub_shards, hub_journal,
        import_twins']
    ] loop
      continue when account not like 'fn-' || permission[1] || '@%';
      execute format('grant %s on %s to %I', permission[2], permission[3], account);
    end loop;
  end loop;
end $$;

call grant_functions();

-- Down Migration
drop procedure grant_functions;
