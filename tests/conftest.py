"""How much is tried of what is tried with any input: some in `make test`, more in `make slow`; never by the clock.

All modules and tests stay to the end: nobody looks for garbage among them, while they are gathered or later.
"""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

settings.register_profile(
    "some",
    max_examples=40,
    deadline=None,  # how fast a busy machine is proves nothing
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("more", settings.get_profile("some"), max_examples=300)
settings.load_profile("some")

gc.disable()


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.enable()
