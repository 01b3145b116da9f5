# What a developer types; `just` alone lists it. Nothing here is needed to build: each recipe is a plain command.

_list:
    @just --list --unsorted

# What CI checks, without the foreign clients: format, lints, tests, docs.
check:
    cargo fmt --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# The whole bot without a token and without a network.
demo:
    cargo run --quiet -- demo

# All tests, or those that match: `just test snapshots`.
test *filter:
    cargo test --workspace {{ filter }}

# The supplier's own SDK and python-telegram-bot against our simulators.
foreign:
    cargo build
    tests/foreign/run

# Review changed screens and state tables, one by one; without cargo-insta they are accepted and shown as a diff to read.
snapshots:
    #!/usr/bin/env bash
    set -euo pipefail
    if cargo insta --version >/dev/null 2>&1; then
        INSTA_UPDATE=new INSTA_FORCE_PASS=1 cargo test --workspace
        cargo insta review
    else
        echo "cargo-insta is not installed: the new snapshots are written over the old ones. Read the diff, keep or restore each."
        INSTA_UPDATE=always cargo test --workspace
        git status --short -- '*.snap'
        git diff -- '*.snap'
    fi

# How fast it is: every benchmark of the workspace, optimised.
load:
    cargo bench --workspace --bench '*'
