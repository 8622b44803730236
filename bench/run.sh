#!/bin/bash
# The side-by-side comparison on this machine: bash bench/run.sh [--events N] [--memory] ...
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
exec "$venv/bin/python" bench/compare.py --build build/release "$@"
