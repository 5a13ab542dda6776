"""`firsthand bench`: measure, against a limit measured in the same run."""

from typing import Annotated

import typer

from firsthand.channels.bench.booking import BenchError, bench_booking
from firsthand.channels.cli.output import AsJson, fail, give, say

app = typer.Typer(help="Measure, against a limit measured in the same run.", no_args_is_help=True)


@app.command("booking")
def booking(
    *,
    people: Annotated[int, typer.Option(help="How many people ask, once each.", min=1000)] = 80_000,
    seconds: Annotated[int, typer.Option(help="For how long they ask.", min=1, max=300)] = 15,
    web_processes: Annotated[int, typer.Option(help="Processes of the web server.", min=1, max=64)] = 1,
    port: Annotated[int, typer.Option(help="The port that is used on 127.0.0.1.", min=1024, max=65_535)] = 8137,
    as_json: AsJson = False,
) -> None:
    """Measure bookings a second through HTTP, against pgbench doing the bare update and insert on the same server.

    Needs `wrk`. Everything happens in a temporary folder and is removed afterwards.

    Example: `firsthand bench booking --json`
    """
    try:
        figures = bench_booking(
            people=people,
            seconds=seconds,
            web_processes=web_processes,
            port=port,
            say=_progress,
        )
    except BenchError as error:
        fail(str(error))
    say(
        f"{figures.bookings_per_s} bookings a second (p99 {figures.p99_ms} ms, {figures.oversold} oversold); "
        f"pgbench {figures.pgbench_per_s}; ratio {figures.ratio}",
        as_json=as_json,
    )
    give(figures.as_json(), as_json=as_json)


def _progress(line: str) -> None:
    typer.echo(line, err=True)
