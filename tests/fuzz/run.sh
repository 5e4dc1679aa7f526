#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs one fuzzer of the preset fuzz from its seeds and from what earlier runs learnt.
#   run.sh <build folder>/tests/fuzz_<parser> <seconds>
# Exits with an error on a finding. The input that showed it stays in <build folder>/crashes; a later run begins with it,
# and moves it to the corpus once it does no harm.
set -euo pipefail
program=$1
seconds=$2
build=$(dirname "$(dirname "$program")")
parser=$(basename "$program")
parser=${parser#fuzz_}
log=$build/tests/fuzz_$parser.log
crashes=$build/crashes
corpus=$build/corpus/$parser
seeds=$build/seeds/$parser
mkdir -p "$crashes" "$corpus" "$seeds"

# What a file of 64 KiB can justify: no single allocation above 64 MiB, no more than 2 GiB with the sanitizer's own.
limits=(-timeout=100 -malloc_limit_mb=64 -rss_limit_mb=2048)
sources=$(dirname "${BASH_SOURCE[0]}")
if [ -f "$sources/$parser.dict" ]; then
    limits+=("-dict=$sources/$parser.dict")
fi

for input in "$crashes/$parser"-*; do
    [ -f "$input" ] || continue
    if ! "$program" "${limits[@]}" "$input" >"$log" 2>&1; then
        tail -n 40 "$log"
        echo "fuzz_$parser: $input, found earlier, still fails."
        exit 1
    fi
    mv "$input" "$corpus/"
done

if ! "$program" "${limits[@]}" -max_len=65536 -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix="$crashes/$parser-" "$corpus" "$seeds" >"$log" 2>&1; then
    tail -n 60 "$log"
    echo "fuzz_$parser: failed; the input is kept in $crashes."
    exit 1
fi
executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
echo "fuzz_$parser: $executed inputs in $seconds s, ${coverage:-no coverage}, no finding."
