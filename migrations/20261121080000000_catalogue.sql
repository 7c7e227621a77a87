-- Up Migration
create extension if not exists vector;
create extension if not exists unaccent;

create table agencies (
  id integer generated always as identity primary key,
  key text not null unique,
  name text not null,
  type text,
  parent_key text,
  url text
);

create table sources (
  id integer generated always as identity primary key,
  agency_key text not null references agencies (key) on update cascade,
  url text not null unique,
  -- a hint only: the platform is detected on every run
  platform text,
  is_active boolean not null default true,
  disabled_reason text,
  disabled_at timestamptz
);
create index sources_agency_key_idx on sources (agency_key);

create table themes (
  id integer generated always as identity primary key,
  code varchar(8) not null unique,
  label text not null,
  full_name text not null,
  level smallint not null check (level between 1 and 3),
  parent_code varchar(8) references themes (code),
  description text,
  keywords text[] not null default '{}'
);

-- Down Migration
drop table themes;
drop table sources;
drop table agencies;
-- the extensions stay: other schemas of the database may use them
