#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
#
# From a fresh Debian 12 to a sensitivity heatmap: installs packages, builds the release, scans the demo model. Opens the
# window where there is a display; elsewhere prints the table and writes the picture. Safe to run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

echo "== 1/3 Packages"
packaging/install-dependencies.sh

echo "== 2/3 Build (release)"
cmake --preset release -DECDYSIS_TESTS=OFF -DECDYSIS_BENCHMARKS=OFF --log-level=NOTICE
cmake --build --preset release --parallel "$(nproc)"

echo "== 3/3 Demo: loss increase without each block and each SSM"
ecdysis=build/release/bin/ecdysis
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    echo "Opening the window; 'Scan' in it measures the heatmap."
    exec "$ecdysis" --demo
fi
mkdir -p build/quickstart
"$ecdysis" --headless --demo --table --export build/quickstart/heatmap.png
echo "The heatmap is build/quickstart/heatmap.png; the window opens with: $ecdysis --demo"
