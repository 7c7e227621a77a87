#!/usr/bin/env bash
# Postgres 17 with pgvector for tests: Debian's packages unpacked into a folder. Nothing is installed, root is not
# needed. Needs apt-get and dpkg-deb.
#
#   postgres17.sh fetch|init|start|stop|psql PREFIX PORT [NAME=VALUE…]
#                 PGDATA: the cluster's folder (default PREFIX/data); NAME=VALUE: settings of the server, for start
set -euo pipefail

command=${1:?fetch, init, start, stop or psql}
prefix=$(realpath -m "${2:?folder of the unpacked packages}")
port=${3:-55432}
root=$prefix/root
bin=$root/usr/lib/postgresql/17/bin
lib=$root/usr/lib/x86_64-linux-gnu
data=${PGDATA:-$prefix/data}

# Postgres refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
  as=(setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME=/tmp)
fi

# A private apt that reads trixie from the mirror this machine already uses, and leaves the machine's own apt alone.
fetch() {
  [ -e "$prefix/.complete" ] && return
  local apt mirror loader binary
  apt=$prefix/apt
  rm -rf "$root" "$apt"
  mkdir -p "$root" "$apt"/{lists/partial,cache/archives/partial,packages}
  : >"$apt/status"
  mirror=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
  cat >"$apt/trixie.sources" <<EOF
Types: deb
URIs: ${mirror:-http://deb.debian.org/debian}
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF
  cat >"$apt/apt.conf" <<EOF
Dir::Etc::sourcelist "$apt/trixie.sources";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
EOF
  export APT_CONFIG=$apt/apt.conf
  apt-get -qq update
  (cd "$apt/packages" && apt-get -qq download postgresql-17 postgresql-17-pgvector postgresql-client-17 patchelf \
    libpq5 libc6 libgcc-s1 libstdc++6 libaudit1 libcap-ng0 libcap2 libcom-err2 libgssapi-krb5-2 libicu76 libk5crypto3 \
    libkeyutils1 libkrb5-3 libkrb5support0 libldap2 liblz4-1 liblzma5 libpam0g libreadline8t64 libsasl2-2 libssl3t64 \
    libsystemd0 libtinfo6 libxml2 libxxhash0 libzstd1 zlib1g)
  local package
  for package in "$apt"/packages/*.deb; do dpkg-deb -x "$package" "$root"; done
  # The binaries run with the libraries beside them, whatever the machine's own are.
  loader=$root/usr/lib64/ld-linux-x86-64.so.2
  for binary in postgres initdb pg_ctl psql pg_dump pg_isready; do
    "$loader" --library-path "$lib" "$root/usr/bin/patchelf" \
      --set-interpreter "$loader" --force-rpath --set-rpath "$lib" "$bin/$binary"
  done
  rm -rf "$apt"
  : >"$prefix/.complete"
}

case $command in
fetch) fetch ;;
init)
  rm -rf "$data"
  mkdir -p "$data"
  if [ "$(id -u)" = 0 ]; then chown nobody:nogroup "$data"; fi
  chmod 700 "$data"
  "${as[@]}" "$bin/initdb" -D "$data" -U postgres --auth=trust --no-sync -E UTF8 \
    --locale-provider=builtin --locale=C.UTF-8 >/dev/null
  ;;
start)
  given=
  for setting in "${@:4}"; do given+=" -c $setting"; done
  # Durability is off: a test's data need not survive the machine.
  "${as[@]}" "$bin/pg_ctl" -D "$data" -w -s -l "$data/log" start -o "-p $port -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories='' -c max_connections=200 -c shared_buffers=256MB -c max_wal_size=2GB -c jit=off \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off$given"
  ;;
stop) "${as[@]}" "$bin/pg_ctl" -D "$data" -w -s -m fast stop ;;
psql) exec "$bin/psql" -h 127.0.0.1 -p "$port" -U postgres postgres ;;
*)
  echo "unknown command $command" >&2
  exit 2
  ;;
esac
