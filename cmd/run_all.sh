#!/usr/bin/env bash
# From a fresh Debian 12 machine to a star schema one can query and a dashboard of it:
#   bash cmd/run_all.sh          on data it makes itself
#   bash cmd/run_all.sh DIR      on DIR/song_data and DIR/log_data
# Installs what is missing, builds, makes a private local PostgreSQL, the tables, loads, and reports.
# Runs as root or as a user with sudo, from any folder, as often as one likes.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin="$root/build/release"
demo="$root/build/demo"
config="$demo/dwh.cfg"

step() { printf '\n== %s\n' "$*"; }

data="$demo/data"
if [ $# -gt 0 ]; then
  data=$(cd "$1" && pwd) || { echo "run_all.sh: no folder '$1'" >&2; exit 2; }
  for folder in song_data log_data; do
    [ -d "$data/$folder" ] || { echo "run_all.sh: no folder $folder in $data" >&2; exit 2; }
  done
fi

step "Packages"
bash "$root/cmd/install_packages.sh" build

step "Build"
(cd "$root" && cmake --preset release >"$root/build.log" 2>&1 || { cat "$root/build.log"; exit 1; })
rm -f "$root/build.log"
cmake --build "$bin"

step "Data"
mkdir -p "$demo"
if [ $# -eq 0 ] && [ ! -d "$data" ]; then
  "$bin/bench/make_dataset" "$data.new" --events 100000 --songs 3000
  mv "$data.new" "$data"
fi
echo "Loading from $data"

step "Configuration"
# PostgreSQL does not run as root; started by root it runs as the account postgres, which must be
# able to reach its folder. Where it cannot (a clone in /root), the folder is elsewhere.
warehouse="$demo/warehouse"
if [ "$(id -u)" -eq 0 ] && ! setpriv --reuid=postgres --regid=postgres --clear-groups \
  test -x "$demo"; then
  warehouse="/var/lib/sparkify_dwh/demo-$(printf %s "$root" | cksum | cut -d' ' -f1)"
fi
fresh=
[ -f "$config" ] || fresh=yes
if [ -n "$fresh" ]; then
  (umask 077 && cat >"$config" <<EOF
[DWH]
ENGINE=local

[LOCAL]
DATA_DIR=$warehouse

[S3]
LOG_DATA=
SONG_DATA=
EOF
  )
fi
sed -i "s|^LOG_DATA=.*|LOG_DATA=$data/log_data|; s|^SONG_DATA=.*|SONG_DATA=$data/song_data|" "$config"
export DWH_CONFIG="$config"
echo "$config"

step "manage_dwh create"
# A warehouse without its configuration is what a deleted clone left behind.
if [ -n "$fresh" ] && [ -e "$warehouse" ]; then "$bin/manage_dwh" delete --yes; fi
"$bin/manage_dwh" create

step "create_tables"
"$bin/create_tables" --if-missing

step "etl"
(cd "$demo" && "$bin/etl")

step "report"
"$bin/report"
dashboard="$demo/dashboard.html"
"$bin/report" --html "$dashboard"

value() { sed -n "s/^ *$1 *= *//p" "$config" | tail -n 1; }
(umask 077 && printf '*:*:*:*:%s\n' "$(value DB_PASSWORD)" >"$demo/pgpass")
psql=(env PGPASSFILE="$demo/pgpass" psql -h "$(value HOST)" -p "$(value DB_PORT)" -U dwh sparkify)

step "Done. To look around, open in a browser"
echo "$dashboard"
printf '\nor ask: %q --config %q --list\nor query:\n' "$bin/report" "$config"
printf '%q ' "${psql[@]}"
printf '\n\nTo remove it again:\n%q --config %q delete --yes\n' "$bin/manage_dwh" "$config"
