"""Results as Markdown: a table for each scenario, ratios to the floor and to nchan by medians of one run."""

import statistics


def of(results, scenarios):
    sections = []
    for scenario in dict.fromkeys(result["scenario"] for result in results):
        runs = by_variant([result for result in results if result["scenario"] == scenario])
        mode = next(iter(runs.values()))[0]["mode"]
        if mode == "cold":
            warm = by_variant([result for result in results if result["scenario"] == "small"])
            rows = cold(runs, warm)
        else:
            rows = {"fanout": fanout, "storm": storm, "connect": connect, "idle": connect}[mode](runs)
        sections.append(f"**{scenario}**: `fanload {scenarios.get(scenario, '')}`\n\n" + markdown(rows))
    return "\n\n".join(sections)


def by_variant(results):
    return {
        variant: [result for result in results if result["variant"] == variant]
        for variant in dict.fromkeys(result["variant"] for result in results)
    }


def fanout(runs):
    rows = [
        [
            "server",
            "CPU-s per million, each run",
            "median",
            "x floor",
            "x nchan",
            "kept up",
            "lost, twice, out of order",
            "p50 ms",
            "p99 ms",
            "Kafka and the core, CPU-s per 1,000 published",
            "events per read",
        ]
    ]
    for variant, found in runs.items():
        cost = median(found, "cpu_s_per_million")
        least = min(found, key=others)
        rows.append(
            [
                variant,
                ", ".join(f"{run['cpu_s_per_million']:.1f}" for run in found),
                f"**{cost:.1f}**",
                ratio(cost, runs, "floor", variant, "cpu_s_per_million"),
                ratio(cost, runs, "nchan", variant, "cpu_s_per_million"),
                f"{sum(run['undelivered'] == 0 for run in found)} of {len(found)}",
                ", ".join(str(sum(run[field] for run in found)) for field in ("lost", "dup", "out_of_order")),
                f"{least['latency']['p50_us'] / 1e3:.1f}",
                f"{least['latency']['p99_us'] / 1e3:.1f}",
                beside(found),
                f"{statistics.median(run['deliveries_per_recv'] for run in found):.2f}",
            ]
        )
    return rows


def cold(runs, warm):
    """By seconds since the load began, with its connections; `warm`: runs of the same load when warm."""
    spans = [(0, 5), (5, 10), (10, 20), (20, 30), (30, 45), (45, 60)]
    rows = [
        ["server, CPU-s per million in seconds", *(f"{first} to {last}" for first, last in spans)]
        + ["first 30 s", "x warm", "lost, twice, out of order"]
    ]
    for variant, found in runs.items():

        def cost(first, last):
            return statistics.median(
                sum(run["cpu_s_by_second"][first:last]) / (last - first) / run["deliveries_per_s"] * 1e6 for run in found
            )

        rows.append(
            [
                variant,
                *(f"{cost(first, last):.1f}" for first, last in spans),
                f"**{cost(0, 30):.1f}**",
                f"{cost(0, 30) / median(warm[variant], 'cpu_s_per_million'):.2f}" if variant in warm else "",
                ", ".join(str(sum(run[field] for run in found)) for field in ("lost", "dup", "out_of_order")),
            ]
        )
    return rows


def storm(runs):
    rows = [
        [
            "server",
            "complete",
            "last after s, each run",
            "CPU-s per million replayed",
            "x nchan",
            "client p50/p99 ms",
            "lost, twice",
            "Kafka and the core, CPU-s",
        ]
    ]
    for variant, found in runs.items():
        if variant.startswith("floor"):
            continue
        cost = median(found, "cpu_s_per_million")
        rows.append(
            [
                variant,
                ", ".join(f"{run['storm_done']}/{run['n']}" for run in found),
                ", ".join(f"{run['storm_last_s']:.2f}" for run in found),
                f"**{cost:.1f}**",
                ratio(cost, runs, "nchan", variant, "cpu_s_per_million"),
                ", ".join(
                    f"{run['client_done']['p50_us'] / 1e3:.0f}/{run['client_done']['p99_us'] / 1e3:.0f}"
                    for run in found
                ),
                ", ".join(str(sum(run[field] for run in found)) for field in ("lost", "dup")),
                ", ".join(f"{sum(run['beside_cpu_s'].values()):.2f}" for run in found),
            ]
        )
    return rows


def connect(runs):
    rows = [
        [
            "server",
            "open",
            "connections/s",
            "CPU us per connection",
            "RSS KB per connection, each run",
            "median",
            "kernel KB, both ends",
        ]
    ]
    for variant, found in runs.items():
        rows.append(
            [
                variant,
                ", ".join(str(run["open"]) for run in found),
                ", ".join(f"{run['open'] / max(run['connect_s'], 1e-9):.0f}" for run in found),
                ", ".join(f"{run['cpu_precise_s'] / max(run['open'], 1) * 1e6:.0f}" for run in found),
                ", ".join(kilobytes(run["rss_per_conn_b"]) for run in found),
                f"**{kilobytes(median(found, 'rss_per_conn_b'))}**",
                ", ".join(kilobytes(run["slab_both_ends_per_conn_b"]) for run in found),
            ]
        )
    return rows


def median(found, field):
    return statistics.median(run[field] for run in found)


def ratio(cost, runs, peer, variant, field):
    transport = "sse" if variant.endswith("sse") else "ws"
    found = runs.get(f"{peer}-{transport}")
    return f"{cost / median(found, field):.2f}" if found and median(found, field) else ""


def others(run):
    """How much others took of the machine meanwhile, cores."""
    return run["other_cpu_s"] / max(run["secs"], 1e-9)


def beside(found):
    costs = [
        sum(run["beside_cpu_s"].values()) / run["pub_sent"] * 1e3
        for run in found
        if run["beside_cpu_s"] and run["pub_sent"]
    ]
    return f"{statistics.median(costs):.2f}" if costs else ""


def kilobytes(count):
    return f"{count / 1024:.1f}"


def markdown(rows):
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
