#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what the tests need, builds with warnings as errors, runs every test unless nothing changed since all passed,
# and for a minute every fuzzer that changed. Safe to run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

echo "== 1/4 Packages"
packaging/install-dependencies.sh tests

echo "== 2/4 Build (dev)"
cmake --preset dev --log-level=NOTICE
cmake --build --preset dev --parallel "$(nproc)"

echo "== 3/4 Tests"
status=0
passed=build/dev/tests.passed # as old as the start of the last run in which all passed
changed() { # fails where a file is missing
    {
        git ls-files -z --cached --others --exclude-standard
        find build/dev/bin build/dev/tests -maxdepth 1 -type f -print0
    } | find -files0-from - -prune -newer "$passed" -print -quit
}
if [ -e $passed ] && found=$(changed) && [ -z "$found" ]; then
    echo "Nothing changed since all passed, $(date -r $passed '+%F %T'). To run them again: ctest --preset dev"
else
    touch build/dev/tests.started
    ctest --preset dev --output-junit "$PWD/build/dev/tests.xml" || status=$?
    python3 - build/dev/tests.xml <<'EOF'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
tests, failed, skipped = (int(suite.get(key)) for key in ("tests", "failures", "skipped"))
print(f"{tests - failed - skipped} passed, {failed} failed, {skipped} skipped")
EOF
    [ $status -ne 0 ] || mv build/dev/tests.started $passed
fi

echo "== 4/4 Fuzzers"
cmake --preset fuzz --log-level=NOTICE
cmake --build --preset fuzz --parallel "$(nproc)" -- -k 0 || status=$?
exit $status
