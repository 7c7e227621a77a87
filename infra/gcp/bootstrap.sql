-- Once, as `postgres`, before the first migration: what only a superuser of Cloud SQL may do.
create extension if not exists vector;
create extension if not exists unaccent;
grant create, usage on schema public to "release@PROJECT.iam";
