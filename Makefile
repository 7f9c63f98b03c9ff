# Two commands are enough: `make scan` and `make test`. Each sets up what it needs; each target is one script.
#   make scan ARGS='--format json --out host.json'     make test ARGS='-k apt'     make scan PYTHON=python3.12
.PHONY: help scan test lint dev bench golden docs agent packages

help: ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

scan: ## assess this very host; ARGS go to `shindan scan`
	@scripts/scan $(ARGS)

test: ## lint, types, floors and every test; ARGS go to pytest
	@scripts/test $(ARGS)

lint: ## ruff and mypy alone
	@scripts/lint

dev: ## the set-up for changing Shindan, and what to do next
	@scripts/dev

bench: ## every figure of bench/, with machine and inputs; ARGS choose: ARGS=start
	@scripts/bench $(ARGS)

golden: ## rewrite the golden files, to be read in review
	@scripts/golden $(ARGS)

docs: ## rewrite the generated pages of docs/
	@scripts/docs

agent: ## the agent as one file, dist/shindan-agent.pyz
	@scripts/agent

packages: ## the agent as deb and rpm, in dist/
	@scripts/packages
