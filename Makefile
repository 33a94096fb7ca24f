# `make` alone lists what there is to make.
.DEFAULT_GOAL := help
.PHONY: help setup build test fmt lint labs clients chaos replay golden bench history docs
SWIFT_SOURCES := Sources Tests Package.swift
LABS := $(wildcard labs/*.lab.md)

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-15s %s\n", $$1, $$2 }'

setup:  ## check that what a build needs is there, and say what is not
	@sh scripts/setup

build: setup  ## build the release binary; ./swarmlab does it by itself
	@./swarmlab --version

test:  ## lint, all tests, all labs; from a fresh clone too
	@sh scripts/test

fmt:  ## lay the sources out as they should be
	@swift format -i -r -p $(SWIFT_SOURCES)

lint:  ## say what is not laid out or documented as it should be
	@swift format lint --strict -r -p $(SWIFT_SOURCES)

labs: $(if $(LABS),build)  ## run every lab of labs/ against the release build
	@$(if $(LABS),./swarmlab lab test $(LABS),echo "labs: none yet")

clients: build  ## drive a lab with the clients of others; needs python3 with the package docker
	@python3 Tests/Clients/docker_py.py ./swarmlab

chaos:  ## draw storms and check the laws; ARGS="FIRST LAST"
	@swift build -c release --static-swift-stdlib --product swarmlab-bench >&2; $$(swift build -c release --static-swift-stdlib --show-bin-path)/swarmlab-bench storm $(or $(ARGS),1 100)

replay: build  ## run a journal again; FILE=a lab's folder
	@./swarmlab replay $(FILE)

golden:  ## rewrite the expected texts of the tests; read the difference before it is committed
	@UPDATE_GOLDEN=1 swift test
	@git --no-pager diff --stat -- Tests

bench:  ## measure, and write docs/BENCHMARKS.md
	@swift build -c release --static-swift-stdlib --product swarmlab-bench
	@$$(swift build -c release --static-swift-stdlib --show-bin-path)/swarmlab-bench --write docs/BENCHMARKS.md

history:  ## compare the histories of 50 seeds between processes, and debug with release
	@sh scripts/history

docs:  ## check that every link between the documents leads somewhere
	@swift test --filter TidyTests
