# A fresh machine needs Python 3.11 or newer, make and git; everything else goes into environments under .venv/.
#
#   .venv/build   builds the wheel
#   .venv/demo    the wheel and what it needs to run, as a user installs it
#   .venv/test    the wheel and everything the tests need
#   .venv/dev     the checkout, editable, with every tool
#
# An environment is made anew when pyproject.toml or the interpreter changes, and re-used otherwise.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint types docs editable pytest peers bench bench-wire bench-notifications bench-intake bench-handover chaos dev clean FORCE

# PYTHON ?= the newest that really runs: a command may exist and yet not work (version managers leave such behind).
works = -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
ifndef PYTHON
PYTHON := $(shell for candidate in python3.13 python3.12 python3.11 python3; do \
	if $$candidate $(works); then echo $$candidate; break; fi; done)
endif

PYTEST_ARGS ?= -n auto --maxprocesses=8 --durations=15
BENCH_ARGS ?=
CHAOS_ARGS ?=
CHAOS_ROUNDS ?= 200
CHAOS_EXAMPLES ?= 5000

pip_install = -m pip install -qq --disable-pip-version-check
the_wheel = "$$(echo .make/dist/*.whl)"
sources = pyproject.toml README.md LICENSE .make/sources \
	$(shell find inkasso_core adapters shop_plugins -type f ! -path '*/__pycache__/*')

# An environment holds what was installed into it, nothing else; no test and no demo meets the user's own database.
unexport PYTHONPATH INKASSO_CONFIG INKASSO_DATABASE
export PYTHON

help:
	@echo 'make demo    play the whole way of a claim on invented orders'
	@echo 'make test    everything: ruff, mypy, docs, editable install, and pytest against the installed wheel'
	@echo 'make lint    ruff'
	@echo 'make types   mypy --strict'
	@echo 'make docs    the documentation into docs/_build/html, warnings are errors'
	@echo 'make peers   the servers and clients of others that some tests talk to, into .peers (needs npm); without, they skip'
	@echo 'make bench   benchmarks/run.py, arguments in BENCH_ARGS; make bench-wire, bench-notifications, bench-intake,'
	@echo '             bench-handover the others'
	@echo 'make chaos   the long form of the tests that kill: a storm over 10000 claims (CHAOS_ARGS), random moments, the state machine'
	@echo 'make dev     an editable install with every tool in .venv/dev'
	@echo 'make clean   remove what the others made'
	@echo 'PYTHON=...   chooses the interpreter; now: $(or $(PYTHON),none found)'

demo: .venv/demo/.installed
	@.venv/demo/bin/inkasso demo

# Every step runs, so that one failure does not hide the next; pytest comes last, for its summary.
test: .venv/test/.installed .venv/dev/.installed
	@failed=; \
	for step in lint types docs editable pytest; do \
		echo "== $$step"; \
		$(MAKE) --no-print-directory $$step || failed="$$failed $$step"; \
	done; \
	if [ -n "$$failed" ]; then echo "make test: failed:$$failed" >&2; exit 1; fi

# PYTHONSAFEPATH keeps the working directory off sys.path in everything the tests start: only the wheel is tested.
pytest: .venv/test/.installed
	@INKASSO_TEST_INSTALLED=1 INKASSO_TEST_WHEEL="$$PWD"/$(the_wheel) PYTHONSAFEPATH=1 \
		.venv/test/bin/pytest $(PYTEST_ARGS)

lint: .venv/dev/.installed
	@.venv/dev/bin/ruff check --output-format=concise .

types: .venv/dev/.installed
	@.venv/dev/bin/mypy --strict

# Pages made from the code must be current. --fresh-env: a page that is not read again would not repeat its warning.
docs: .venv/test/.installed
	@.venv/test/bin/python docs/generate.py --check
	@.venv/test/bin/sphinx-build -q --fail-on-warning --keep-going --nitpicky --fresh-env docs docs/_build/html

# A user's program sees the packages through both kinds of install: imports work, types arrive.
user_program = python -P $(CURDIR)/tests/packaging/user_program.py && bin/mypy --strict --config-file= \
	--cache-dir=.mypy_cache $(CURDIR)/tests/packaging/user_program.py
editable: .venv/dev/.installed .venv/test/.installed
	@cd .venv/dev && bin/$(user_program)
	@cd .venv/test && bin/$(user_program)

# Of others, and in environments of their own: Prism checks HTTP against published documents, spyne SOAP against schemas, and the official
# clients of agencies are witnesses for our adapters. django-oscar and Tryton are shops into which ours is plugged. Programs of the system
# (PHP, OpenSSH, Chromium) come from its packages.
peers: .peers/node_modules/.bin/prism $(patsubst %,.peers/%/.installed,spyne clients oscar tryton)

.peers/node_modules/.bin/prism:
	@echo 'Preparing .peers: Prism ...'
	@npm install --prefix .peers --ignore-scripts --no-fund --no-audit --silent @stoplight/prism-cli@5.14.2

.peers/%/.installed: tests/peers/%.txt .make/python
	@echo 'Preparing $(@D) ...'
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python $(pip_install) -r $<
	@touch $@

bench: .venv/test/.installed
	@.venv/test/bin/python benchmarks/run.py $(BENCH_ARGS)

bench-wire: .venv/test/.installed
	@.venv/test/bin/python benchmarks/wire.py $(BENCH_ARGS)

bench-notifications: .venv/test/.installed
	@.venv/test/bin/python benchmarks/notifications.py $(BENCH_ARGS)

bench-intake: .venv/test/.installed
	@.venv/test/bin/python benchmarks/intake_http.py $(BENCH_ARGS)

bench-handover: .venv/test/.installed
	@.venv/test/bin/python benchmarks/handover.py $(BENCH_ARGS)

# Every step runs, so that one failure does not hide the next. The storm says by itself how to get the same plan again.
chaos: .venv/test/.installed
	@failed=; \
	echo '== storm'; .venv/test/bin/python tests/chaos/storm.py $(CHAOS_ARGS) || failed="$$failed storm"; \
	echo '== moments'; INKASSO_CHAOS_ROUNDS=$(CHAOS_ROUNDS) .venv/test/bin/pytest $(PYTEST_ARGS) tests/chaos || failed="$$failed moments"; \
	echo '== machine'; INKASSO_MACHINE_EXAMPLES=$(CHAOS_EXAMPLES) .venv/test/bin/pytest tests/machine || failed="$$failed machine"; \
	if [ -n "$$failed" ]; then echo "make chaos: failed:$$failed" >&2; exit 1; fi

dev: .venv/dev/.installed

clean:
	rm -rf .venv .peers .make build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find inkasso_core adapters shop_plugins tests benchmarks docs -type d -name __pycache__ -prune -exec rm -rf {} +

# --- Environments ---

# The interpreter's path and version, touched only when they change.
.make/python: FORCE
	@mkdir -p .make
	@if [ -z "$(PYTHON)" ]; then \
		echo 'inkasso needs Python 3.11 or newer with venv; none was found as python3.13, python3.12, python3.11 or' \
			'python3.' >&2; \
		echo 'Install one (on Debian: python3 and python3-venv), or name it: make PYTHON=/path/to/python3.12' >&2; \
		exit 1; \
	fi
	@if ! $(PYTHON) $(works); then \
		echo 'PYTHON=$(PYTHON) does not run, is older than 3.11, or lacks venv and ensurepip.' >&2; exit 1; \
	fi
	@$(PYTHON) -c 'import sys; print(sys.executable, sys.version)' > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# The names of the sources, touched only when one comes or goes: make itself does not see a deleted file.
.make/sources: FORCE
	@mkdir -p .make
	@find inkasso_core adapters shop_plugins -type f ! -path '*/__pycache__/*' | LC_ALL=C sort > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.venv/build/.requirements: pyproject.toml .make/python
	@echo 'Preparing .venv/build ...'
	@$(PYTHON) -m venv --clear .venv/build
	@.venv/build/bin/python $(pip_install) 'build>=1.2' 'hatchling>=1.27'
	@touch $@

# By way of the source archive, so that a file missing there is missed here.
.make/wheel: .venv/build/.requirements $(sources)
	@rm -rf .make/dist
	@.venv/build/bin/python -m build --no-isolation --outdir .make/dist . > .make/build.log 2>&1 \
		|| { cat .make/build.log >&2; exit 1; }
	@touch $@

.venv/demo/.requirements: extras =
.venv/test/.requirements: extras = [dev]
.venv/demo/.requirements .venv/test/.requirements: pyproject.toml .make/python | .make/wheel
	@echo 'Preparing $(@D) (once; a minute or two) ...'
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python $(pip_install) $(the_wheel)'$(extras)'
	@touch $@

.venv/demo/.installed .venv/test/.installed: .venv/%/.installed: .venv/%/.requirements .make/wheel
	@$(@D)/bin/python $(pip_install) --no-deps --force-reinstall $(the_wheel)
	@touch $@

.venv/dev/.installed: pyproject.toml .make/python
	@echo 'Preparing $(@D) (once; a minute or two) ...'
	@$(PYTHON) -m venv --clear $(@D)
	@$(@D)/bin/python $(pip_install) --editable '.[dev]'
	@touch $@
