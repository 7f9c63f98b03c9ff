"""A run that begins while its template is being removed: one of the two is refused, and no run is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from service_world import ACCOUNT, World, worlds
from shindan.model.arn import Arn, parse
from shindan.store import targets, templates
from shindan.store.tables import run
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def row(template: Arn) -> dict[str, object]:
    return {
        "id": "0-00000001", "account": ACCOUNT, "target": template.ids[0], "template": template.ids[1], "name": "r",
        "state": "CREATED", "duration": 180, "packages": [], "attributes": [], "counts": {}, "package_counts": {},
        "created_at": 1, "state_changed_at": 1,
    }  # fmt: skip


@pytest.mark.parametrize("whole_target", [False, True], ids=["template", "target"])
def test_no_run_begins_below_what_is_being_removed(world: World, whole_target: bool) -> None:
    template = parse(world.template(world.target()))
    begun, outcome = Event(), []

    def start() -> None:
        begun.set()
        try:
            with world.database.write() as connection:
                connection.execute(insert(run).values(row(template)))
            outcome.append("began")
        except IntegrityError:
            outcome.append("refused")

    thread = Thread(target=start)
    with world.database.write() as connection:
        if whole_target:
            assert targets.lock(connection, ACCOUNT, template.ids[0])
            running = templates.runs_in_progress(connection, target=template.ids[0])
        else:
            assert templates.lock(connection, ACCOUNT, *template.ids)
            running = templates.runs_in_progress(connection, template_id=template.id)
        assert running == []
        thread.start()
        assert begun.wait(10)
        if whole_target:
            targets.remove(connection, template.ids[0])
        else:
            templates.remove(connection, template.id)
    thread.join(30)
    assert outcome == ["refused"]
    with world.database.read() as connection:
        assert connection.execute(select(run.c.id)).all() == []
