#!/bin/bash
# The side-by-side comparison on this machine: bash bench/run.sh [--events N] [--memory] ...
# or, with --s3 as the first word, that of reading S3: bash bench/run.sh --s3 [--songs N] ...
# or, with --night, what one more day costs on many loaded ones: bash bench/run.sh --night ...
# Builds the release preset and a Python environment below build/ where they are missing.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=build/bench-venv
if ! cmp -s bench/requirements.txt "$venv/requirements.txt"; then
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/requirements.txt
  cp bench/requirements.txt "$venv/requirements.txt"
fi
cmake --preset release >/dev/null
cmake --build --preset release
if [ "${1:-}" = --s3 ]; then
  shift
  cmake --build --preset release --target s3_read s3_server
  exec "$venv/bin/python" bench/s3_bench.py build/release "$@"
fi
if [ "${1:-}" = --night ]; then
  shift
  exec "$venv/bin/python" bench/night_bench.py --build build/release "$@"
fi
exec "$venv/bin/python" bench/compare.py --build build/release "$@"
