#!/bin/bash
# Installs the Debian packages latimer is built from (with sudo where not root). Does nothing where they are all there.
set -euo pipefail

packages=(build-essential cmake ninja-build pkg-config git ca-certificates
  libsentencepiece-dev libopenblas-dev libsqlite3-dev libyaml-dev libjansson-dev zlib1g-dev libzstd-dev libexpat1-dev nettle-dev
  libunistring-dev libcmocka-dev zstd)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "install.sh: this is not a Debian system; install the equivalents of: ${missing[*]}" >&2
  exit 1
fi
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install.sh: needs root or sudo to install: ${missing[*]}" >&2
    exit 1
  fi
  sudo=(sudo)
fi
echo "installing ${missing[*]}" >&2
# A package list of some age may name versions that are gone: refresh it first, and let apt wait out a network hiccup.
"${sudo[@]}" apt-get -o Acquire::Retries=3 update >&2
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install -y --no-install-recommends "${missing[@]}" >&2
