# Every target sets up what it needs; python3 ≥ 3.11 with venv is all that a fresh machine must have.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test slow lint format release bench soak audit licences lock models sdks synapse

run: $(VENV)/run.done
	$(BIN)/chuchu run

# What Python and pytest compile is kept in any case, or each worker does it anew in every run: 8 s of each.
test slow bench soak: export PYTHONDONTWRITEBYTECODE :=

# Much of the time is waiting for a disk: where memory that serves as one has room, tests write there; make slow does not.
test: export PYTEST_DEBUG_TEMPROOT := $(shell [ "$$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 2000000 ] 2>/dev/null && echo /dev/shm)

# Three workers on two cores: much of the time is waiting. Who is done takes half of what another has before it.
test: $(VENV)/dev.done
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not slow and not soak and not bench" $(ARGS)

# Kills, floods, and more of any input, some minutes; .ci/run runs them too.
slow: $(VENV)/dev.done
	$(BIN)/python -m pytest -n 3 --dist worksteal --hypothesis-profile=more -m "(slow or hypothesis) and not soak" $(ARGS)

lint: $(VENV)/dev.done
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev.done
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# A wheel, installed into an empty environment, and where docker answers an image: both are asked a question.
release: $(VENV)/dev.done
	rm -rf dist build/smoke
	$(BIN)/python -m hatchling build -t wheel
	$(PYTHON) -m venv build/smoke
	build/smoke/bin/pip install -q --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.txt
	build/smoke/bin/pip install -q --disable-pip-version-check --no-compile --no-deps dist/chuchu-*.whl
	build/smoke/bin/python -I slim.py
	$(BIN)/python -m tests.smoke build/smoke/bin/chuchu
	rm -rf build/smoke
	if docker info >/dev/null 2>&1; then \
	    image=chuchu:$$($(BIN)/python -c 'from importlib.metadata import version; print(version("chuchu"))') && \
	    docker build -t $$image . && \
	    docker run --rm --read-only $$image chuchu ask 蕃瓜弄 | grep 蕃瓜弄居民; \
	else echo "make release: no docker that answers here, so no image"; fi

# `make bench documents` is `make bench ARGS=documents`.
bench: $(VENV)/dev.done
	$(BIN)/python -m tests.bench $(or $(ARGS),$(MEASURED))
ifeq (bench,$(firstword $(MAKECMDGOALS)))
MEASURED := $(wordlist 2,9,$(MAKECMDGOALS))
$(MEASURED): bench; @:
endif

# Model files, each with its card beside it. DATA: the folder of public texts that knowledge/models/repair/README.md names;
# else ARGS: `make models ARGS="answers FILE.json … --opposites FILE …"` or `ARGS="ranking FILE.json …"`.
models: $(VENV)/dev.done
	$(BIN)/python -m knowledge.training$(if $(DATA),.repair $(DATA), $(ARGS))

# Less than an hour on two cores; SOAK_MINUTES shortens the longest test.
soak: $(VENV)/dev.done
	$(BIN)/python -m tests.soak $(ARGS)

audit: $(VENV)/dev.done
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.txt || \
	{ echo "make audit: a known hole, or a package that could not be looked up (the advisories are on pypi.org)"; exit 1; }

licences: $(VENV)/dev.done
	$(BIN)/python -m tests.licences

# The vendors' own clients, second opinions in tests; big, so beside the rest. Tests that want one are skipped without.
sdks: $(VENV)/sdks.done

# A real Matrix server for tests, in an environment of its own (AGPL: it runs beside the tests and is never shipped).
synapse: $(VENV)/synapse.done

# Of zhplot only the font is used, and nothing imports it: what it would draw charts with stays out.
FONT_ONLY := $(foreach package,contourpy cycler fonttools kiwisolver matplotlib pyparsing,--unsafe-package $(package))

lock:
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --extra dev --extra meaning --extra reader --extra ocr --extra postgres --extra objects -o requirements-dev.txt pyproject.toml
	$(BIN)/pip-compile -q --strip-extras $(FONT_ONLY) --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --extra meaning --extra reader --extra postgres -c requirements-dev.txt -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --generate-hashes --no-header --no-emit-index-url --no-emit-find-links -o requirements-sdks.txt requirements-sdks.in
	$(BIN)/pip-compile -q --strip-extras --allow-unsafe --generate-hashes --no-header --no-emit-index-url --no-emit-find-links -o requirements-synapse.txt requirements-synapse.in

# --no-deps: the lock names every package.
$(VENV)/run.done: requirements-dev.txt requirements.txt pyproject.toml slim.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-build.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -I slim.py
	touch $@

$(VENV)/dev.done: $(VENV)/run.done requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	touch $@

$(VENV)/sdks.done: $(VENV)/dev.done requirements-sdks.txt
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-sdks.txt
	touch $@

$(VENV)/synapse.done: requirements-synapse.txt
	$(PYTHON) -m venv $(VENV)/synapse
	$(VENV)/synapse/bin/pip install -q --disable-pip-version-check --require-hashes --no-deps -r requirements-synapse.txt
	touch $@
