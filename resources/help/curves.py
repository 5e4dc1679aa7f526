#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The Ecdysis developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the losses of tuning runs over their steps for the guide: on what is held out, and on the first further text.
Usage: curves.py OUT.svg NAME=RUN.json …, RUN.json being what `ecdysis-cli tune … --validation-windows N --json` prints,
N being the windows of the further text's results, too."""

import json
import math
import sys

COLOURS = ["#2f7fd0", "#d9822b", "#3c9a5f", "#a05fc0"]  # told apart on white and on black
GREY = "#808080"
WIDTH, HEIGHT, GAP, LEFT, TOP, BOTTOM = 250, 190, 64, 46, 16, 60  # pixels; the guide is some 680 wide


def points(run, panel):
    """(step, loss) of what is held out (panel 0) or of the further text (panel 1)."""
    found = [(point["step"], [point["validation_loss"], *point["text_losses"]]) for point in run["curve"]]
    return [(step, losses[panel]) for step, losses in found if len(losses) > panel and losses[panel] is not None]


def ticks(low, high):
    """Some five round numbers from `low` to `high`."""
    rough = (high - low) / 6
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def text(x, y, words, anchor="middle", colour=GREY):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="12" '
            f'font-family="sans-serif">{words}</text>')


def line(x1, y1, x2, y2, extra=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GREY}" {extra}/>'


def panel(index, runs, left):
    curves = [points(run, index) for _, run in runs]
    dense = runs[0][1]["results"][index]["dense"]["value"]
    losses = [loss for curve in curves for _, loss in curve] + [dense]
    margin = 0.06 * (max(losses) - min(losses))
    low, high = min(losses) - margin, max(losses) + margin
    last = max(step for curve in curves for step, _ in curve)

    def place(step, loss):
        return left + WIDTH * step / last, TOP + HEIGHT * (high - loss) / (high - low)

    drawn = [f'<rect x="{left}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="{GREY}"/>']
    for tick in ticks(low, high):
        y = place(0, tick)[1]
        drawn += [line(left - 4, y, left, y), text(left - 8, y + 4, f"{tick:.1f}", "end")]
    for tick in ticks(0, last):
        x = place(tick, low)[0]
        drawn += [line(x, TOP + HEIGHT, x, TOP + HEIGHT + 4), text(x, TOP + HEIGHT + 18, f"{tick:.0f}")]
    drawn.append(line(*place(0, dense), *place(last, dense), 'stroke-dasharray="5 4"'))
    for curve, colour in zip(curves, COLOURS):
        path = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in curve)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return drawn


def main():
    out, *named = sys.argv[1:]
    runs = []
    for argument in named:
        name, file = argument.split("=", 1)
        with open(file, encoding="utf-8") as opened:
            runs.append((name, json.load(opened)))
    width, height = LEFT + 2 * WIDTH + GAP + 20, TOP + HEIGHT + BOTTOM
    drawn = panel(0, runs, LEFT) + panel(1, runs, LEFT + WIDTH + GAP)
    x = LEFT
    for (name, _), colour in zip(runs, COLOURS):
        drawn += [f'<rect x="{x}" y="{height - 19}" width="18" height="4" fill="{colour}"/>',
                  text(x + 24, height - 12, name, "start")]
        x += 60 + 7 * len(name)
    drawn += [line(x, height - 17, x + 18, height - 17, 'stroke-dasharray="5 4"'), text(x + 24, height - 12, "dense", "start")]
    with open(out, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                   f'viewBox="0 0 {width} {height}">\n<!-- SPDX-FileCopyrightText: 2026 The Ecdysis developers -->\n'
                   "<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n" + "\n".join(drawn) + "\n</svg>\n")


main()
