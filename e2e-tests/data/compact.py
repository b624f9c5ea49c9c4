#!/usr/bin/env python3
"""Compacts the audience data into the files beside this script, and checks that nothing was lost.

usage: compact.py <directory with viewers.csv.gz, channels.csv.gz, hourly.csv>
"""

import collections
import csv
import gzip
import math
import pathlib
import shutil
import sys

SESSIONS = 3_051_733
STEPS = 6_148  # samples in the collection, nominally ten minutes apart
BLOCK_HOURS = 10  # what a row of hourly.csv covers, in nominal hours; see README.md


def rows(opened):
    with opened as file:
        lines = csv.reader(file)
        next(lines)
        return [tuple(map(int, line)) for line in lines]


def write(path, header, lines):
    with open(path, "w", newline="\n") as file:
        file.write(header + "\n")
        file.writelines(",".join(map(str, line)) + "\n" for line in lines)


def solve(matrix, right):
    """Solves a small linear system by elimination with pivots."""
    size = len(right)
    work = [row[:] + [value] for row, value in zip(matrix, right)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda r: abs(work[r][i]))
        work[i], work[pivot] = work[pivot], work[i]
        for r in range(size):
            if r != i:
                factor = work[r][i] / work[i][i]
                work[r] = [a - factor * b for a, b in zip(work[r], work[i])]
    return [work[i][size] / work[i][i] for i in range(size)]


def fit_wave(blocks, period):
    """Least squares of mean + drift + one wave, each averaged over its block; (r squared, mean, cos, sin)."""
    turn = 2 * math.pi / period
    design = []
    for i, _ in blocks:
        begin, end = turn * BLOCK_HOURS * i, turn * BLOCK_HOURS * (i + 1)
        width = end - begin
        design.append([
            1.0,
            (i - 51) / 50,
            (math.sin(end) - math.sin(begin)) / width,
            (math.cos(begin) - math.cos(end)) / width,
        ])
    joins = [value for _, value in blocks]
    columns = list(zip(*design))
    normal = [[sum(a * b for a, b in zip(x, y)) for y in columns] for x in columns]
    found = solve(normal, [sum(a * b for a, b in zip(x, joins)) for x in columns])
    mean = sum(joins) / len(joins)
    error = sum((v - sum(a * b for a, b in zip(row, found))) ** 2 for row, v in zip(design, joins))
    return 1 - error / sum((v - mean) ** 2 for v in joins), found[0], found[2], found[3]


def daily_cycle(hourly):
    """Joins in each of the 24 hours of a mean day, from its quietest hour on."""
    assert len(hourly) == math.ceil(STEPS / 60)
    assert [24 * day + hour for day, hour, _, _ in hourly] == list(range(len(hourly)))
    # The first block also counts sessions that already ran when sampling began; the last one is cut short.
    blocks = [(i, row[3]) for i, row in enumerate(hourly)][1:-1]
    period, (r2, mean, cos, sin) = max(
        ((p / 100, fit_wave(blocks, p / 100)) for p in range(2300, 2501)), key=lambda f: f[1][0]
    )
    print(f"daily wave: r squared {r2:.3f}, period {period} nominal hours, "
          f"so a step of {240 / period:.2f} minutes and {STEPS / 6 / period:.2f} days")
    assert r2 > 0.85 and abs(period - 24) < 0.5
    swing = math.hypot(cos, sin)
    # The mean of a cosine over an hour is its value at the middle times sin(w/2)/(w/2).
    half = math.pi / 24
    swing *= math.sin(half) / half
    return [(h, round((mean - swing * math.cos(2 * half * h)) / BLOCK_HOURS)) for h in range(24)]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    source, here = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent
    viewers = rows(gzip.open(source / "viewers.csv.gz", "rt"))
    channels = rows(gzip.open(source / "channels.csv.gz", "rt"))
    hourly = rows(open(source / "hourly.csv"))

    habits = collections.Counter((sessions, watched) for _, sessions, watched in viewers)
    sizes = collections.Counter(unique for _, unique in channels)
    write(here / "viewers.csv", "sessions,watched_10min,viewers", [(*h, n) for h, n in sorted(habits.items())])
    write(here / "channels.csv", "unique_viewers,channels", sorted(sizes.items(), reverse=True))
    shutil.copyfile(source / "hourly.csv", here / "hourly.csv")
    write(here / "daily_cycle.csv", "hour_from_quietest,joins", daily_cycle(hourly))

    # Read back what was written: it must expand to the source, row for row.
    back = [(s, w) for s, w, n in rows(open(here / "viewers.csv")) for _ in range(n)]
    assert back == sorted((s, w) for _, s, w in viewers) and len(back) == 100_000
    assert [u for u, n in rows(open(here / "channels.csv")) for _ in range(n)] == [u for _, u in channels]
    assert sum(s for s, _ in back) == sum(row[3] for row in hourly) == SESSIONS
    print(f"{len(back)} viewers, {SESSIONS} sessions, {sum(w for _, w in back)} units of ten minutes, "
          f"{len(channels)} channels with {sum(u for _, u in channels)} unique viewers")


main()
