#!/usr/bin/env bash
# Every test, from a fresh Debian 12 machine:
#   bash tests/run_all.sh                     everything
#   bash tests/run_all.sh --without LABEL     but for the tests with that label (aws, db, public, slow)
# Installs what the tests need, builds four times (with clang-tidy; with the address and undefined
# behaviour sanitizers; with the thread sanitizer; as installed) and runs what each is for.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
without=()
while [ $# -gt 0 ]; do
  case "$1" in
    --without) without+=("${2:?--without needs a label}"); shift 2 ;;
    *) echo "run_all.sh: unknown option '$1'; there is --without LABEL" >&2; exit 2 ;;
  esac
done
labels=$(printf ' and not %s' ${without[@]+"${without[@]}"})
[ ${#without[@]} -gt 0 ] || labels=" and not none"

# A later run, be it in another clone, compiles only what has changed since.
export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1

step() { printf '\n== %s (%s)\n' "$*" "$(date -u +%H:%M:%S)"; }

step "Packages"
bash cmd/install_packages.sh build tests
mkdir -p build
venv=build/test-venv
if ! cmp -s tests/requirements.txt "$venv/installed"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q -r tests/requirements.txt
  cp tests/requirements.txt "$venv/installed"
fi

step "Format and layers"
git ls-files '*.cc' '*.h' | xargs -r clang-format --dry-run -Werror
"$venv/bin/python" tests/check_layers.py

# build PRESET [ARGUMENT...]
build() {
  local preset=$1
  shift
  step "Build $preset"
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset" "$@"
}
# unit PRESET: the C++ tests. python PRESET [ARGUMENT...]: the Python ones, three files at a time,
# for they wait for servers half of the time; those that take long begin early.
unit() {
  step "Unit tests, $1"
  ctest --test-dir "build/$1" --output-on-failure --no-tests=error -j 2
}
calm=()
python() {
  local preset=$1
  shift
  step "Python tests, $preset"
  DWH_BIN_DIR="$root/build/$preset" DWH_BUILD_DIR="$root/build/$preset" \
    ${calm[@]+"${calm[@]}"} "$venv/bin/python" -m pytest -q -p no:cacheprovider --durations=5 \
    -n 3 --dist loadfile --no-loadscope-reorder "$@" tests/e2e tests/integration
}

build dev
unit dev
python dev -m "not none$labels"

build asan
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1
unit asan
python asan -m "not none and sanitize$labels"

# Threads meet in etl, whose loader has several sessions, and in report.
build tsan --target etl report create_tables manage_dwh make_dataset
# Thread sanitizers older than the kernel fail where addresses are too random (vm.mmap_rnd_bits).
if setarch "$(uname -m)" -R true 2>/dev/null; then calm=(setarch "$(uname -m)" -R); fi
export TSAN_OPTIONS=halt_on_error=1
python tsan -m "not none and threads$labels"

step "As installed"
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install build/dev --prefix "$prefix" >/dev/null
(cd / && printf '[DWH]\nENGINE=local\n' >"$prefix/dwh.cfg" && chmod 600 "$prefix/dwh.cfg" &&
  "$prefix/bin/create_tables" --config "$prefix/dwh.cfg" --print >"$prefix/printed")
grep -q songplays "$prefix/printed"
"$prefix/bin/report" --list >"$prefix/listed"
grep -q top_songs "$prefix/listed"
test -s "$prefix/share/sparkify_dwh/config/dashboard/dashboard.html"
echo "create_tables and report of the installed copy find their files."

printf '\nAll tests passed.\n'
