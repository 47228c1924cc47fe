# Everything a fresh machine needs beside Python 3.11+ and make is installed into .venv by the first target.

PYTHON ?= python3
VENV := .venv
INSTALLED := $(VENV)/installed
NODE_MODULES := tests/node/node_modules
COMPARE ?= ../shared/bench/compare
ROUNDS ?= 20
TIMES ?= 1000
INPUTS ?= 10000
EVENTS ?= 20000
PAYMENTS ?= 1000000
WEBHOOKS ?= 10000
SEEDS ?= 1000
JOBS ?= 2

.PHONY: help demo test simulate torture races reconnects webhooks fuzz hostile docs check bench bench-stream bench-lists
.DEFAULT_GOAL := help

help:  ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "pgw needs Python 3.11 or newer: make PYTHON=python3.11 …"; exit 2; }
	@echo "Installing into $(VENV) …"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# What tests hold pgw against that is written for Node.js; without npm these tests are skipped.
$(NODE_MODULES): tests/node/package.json
	@if command -v npm > /dev/null; then \
		npm install --prefix tests/node --no-package-lock --ignore-scripts --no-audit --no-fund --silent \
		&& touch $@; \
	else echo "Without npm the tests against packages for Node.js are skipped."; fi

demo: $(INSTALLED)  ## run the gateway and the bank simulator on this terminal
	@$(VENV)/bin/pgw demo

test: $(INSTALLED) $(NODE_MODULES)  ## run every test
	@$(VENV)/bin/pytest -q -n 2 --dist loadfile

simulate: $(INSTALLED)  ## simulate SEEDS=1000 worlds of crashes, then plant each known bug, which must be caught
	@$(VENV)/bin/pytest -q -m long tests/simulation
	@$(VENV)/bin/python -m tests.simulation --seeds $(SEEDS) --jobs $(JOBS) $(if $(FROM),--from $(FROM)) $(if $(RESUME),--resume $(RESUME))
	@$(VENV)/bin/python -m tests.simulation --mutants --seeds 500 --jobs $(JOBS)
	@$(VENV)/bin/python -m tests.simulation --same 50

torture: $(INSTALLED)  ## kill real gateways and banks under load, ROUNDS=20 times, and compare to the cent
	@$(VENV)/bin/pytest -q -m long tests/end_to_end/test_torture.py
	@$(VENV)/bin/python -m tests.torture --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED)) $(if $(FIRST),--first $(FIRST))

races: $(INSTALLED)  ## let two operations race for one payment, TIMES=1000 times each, on storage and over HTTP
	@$(VENV)/bin/python -m tests.races --times $(TIMES)
	@$(VENV)/bin/python -m tests.races --times $(TIMES) --http

webhooks: $(INSTALLED)  ## deliver WEBHOOKS=10000 to an endpoint in trouble over KILLS=2, and judge what it received
	@$(VENV)/bin/pytest -q -m long tests/webhook_torture
	@$(VENV)/bin/python -m tests.webhook_torture --webhooks $(WEBHOOKS) --kills $(or $(KILLS),2) $(if $(SEED),--seed $(SEED))

fuzz: $(INSTALLED)  ## send INPUTS=10000 of what no client should, then plant each known bug, which must be found
	@$(VENV)/bin/python -m tests.fuzz --inputs $(INPUTS) $(if $(SEED),--seed $(SEED))
	@$(VENV)/bin/python -m tests.fuzz --bugs $(if $(SEED),--seed $(SEED))

hostile: $(INSTALLED)  ## 100 hostile clients beside honest ones, in real time
	@$(VENV)/bin/pytest -q -s -m long tests/end_to_end/test_hostile_clients.py

reconnects: $(INSTALLED)  ## leave and resume streams 1,000 times while EVENTS=20000 happen and the gateway is killed KILLS=10 times
	@$(VENV)/bin/pytest -q -m long tests/reconnects
	@$(VENV)/bin/python -m tests.reconnects --events $(EVENTS) --kills $(or $(KILLS),10) $(if $(SEED),--seed $(SEED))
	@$(VENV)/bin/python -m tests.reconnects --bugs $(if $(SEED),--seed $(SEED))

docs: $(INSTALLED)  ## draw into docs/payments.md what is made of the code
	@$(VENV)/bin/python -m tests.docs

check: $(INSTALLED)  ## ruff, mypy and the rules of the architecture
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/pytest -q tests/test_architecture.py

bench: $(INSTALLED)  ## measure memory, start-up, recovery and overload, and compare with other systems where that is at hand
	@$(VENV)/bin/python -m benchmarks.start_up
	@$(VENV)/bin/python -m benchmarks.memory_in_flight
	@$(VENV)/bin/python -m benchmarks.polls_beside_hanging_bank
	@$(VENV)/bin/python -m benchmarks.unfinished
	-@$(VENV)/bin/python -m benchmarks.overload
	@if [ -x $(COMPARE) ]; then $(COMPARE); else echo "$(COMPARE) is not at hand: no comparison."; fi

bench-stream: $(INSTALLED)  ## measure the stream under 2,000 subscribers: lag, who does not read, memory, throughput
	@$(VENV)/bin/python -m benchmarks.streams

bench-lists: $(INSTALLED)  ## measure lists with PAYMENTS=1000000 in the database: each kind of page, and what it costs to accept
	@$(VENV)/bin/python -m benchmarks.lists $(PAYMENTS)
