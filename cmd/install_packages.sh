#!/usr/bin/env bash
# Installs the Debian packages that are not there yet: install_packages.sh [build] [tests]
# Works as root and as a user with sudo; asks for nothing if nothing is missing.
set -euo pipefail

build=(g++ make cmake ninja-build pkg-config libpq-dev libssl-dev libsimdjson-dev libcli11-dev
  libcurl4-openssl-dev libpugixml-dev
  libinih-dev nlohmann-json3-dev zlib1g-dev libbz2-dev libzstd-dev postgresql postgresql-client
  libjs-chart.js)
tests=(ccache libgtest-dev libgmock-dev libbenchmark-dev clang-format clang-tidy python3 python3-venv
  util-linux procps systemd openssl git zstd bzip2 gzip chromium chromium-driver)

wanted=()
for set in "$@"; do
  case "$set" in
    build) wanted+=("${build[@]}") ;;
    tests) wanted+=("${tests[@]}") ;;
    *) echo "install_packages.sh: unknown set '$set'; there are build and tests" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "install_packages.sh: as root, please: apt-get install ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi
echo "Installing packages: ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -q --no-install-recommends "${missing[@]}"
