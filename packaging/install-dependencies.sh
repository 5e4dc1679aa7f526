#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what the build needs from Debian's packages (with sudo where not root); the one list of them.
#   install-dependencies.sh          to build and run
#   install-dependencies.sh tests    and to test
set -euo pipefail

build=(
    g++ cmake ninja-build pkg-config ccache
    libtorch-dev libopenblas0-openmp libopenblas0-pthread libhdf5-dev libhwy-dev libssl-dev
    nlohmann-json3-dev libcli11-dev libfmt-dev libexpected-dev
    libpcre2-dev libutf8proc-dev libsentencepiece-dev libzip-dev libbz2-dev
    qt6-base-dev qt6-svg-dev qt6-l10n-tools qt6-tools-dev qt6-tools-dev-tools libqcustomplot-dev
    libgl-dev fonts-dejavu-core
)
tests=(clang libclang-rt-14-dev libomp-dev libbenchmark-dev git desktop-file-utils appstream reuse python3)

wanted=("${build[@]}")
if [ "${1:-}" = tests ]; then
    wanted+=("${tests[@]}")
fi

missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "Packages: all ${#wanted[@]} are installed."
    exit 0
fi

root=()
[ "$(id -u)" -eq 0 ] || root=(sudo)
echo "Packages: installing ${missing[*]}"
"${root[@]}" apt-get update -q
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
