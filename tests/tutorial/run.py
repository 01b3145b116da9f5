#!/usr/bin/env python3
"""`run.py scaffold`: a new flow by `raqam new-flow`, in a copy of this checkout: its tests pass at once.
`run.py text`: the ticket flow as docs/adding-a-flow.md builds it, in a copy from which that flow was taken out.

Every fenced block of the text is applied as it is written, every command is run and must end as the text says; at the
end the flow's files must be those that are shipped, byte for byte. Copies are thrown away, compiled crates are shared.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = ROOT / "docs" / "adding-a-flow.md"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SESSIONS = "tests/flows/sessions/v1.json"
COMMAND_SECONDS_MAX = 900


def blocks(text):
    """The fenced blocks in order: what each is, the file that it belongs to, whether it goes on, and its lines."""
    for match in re.finditer(r"^```(\w+) ?([^\n+ ]*)( \+)?\n(.*?)^```$", text, re.M | re.S):
        yield match[1], match[2], bool(match[3]), match[4]


def hunks(body):
    """Old and new lines of each part of a diff; a line `@@` stands between two parts."""
    for part in re.split(r"^@@\n", body, flags=re.M):
        lines = part.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        yield old, new


def replace(path, old, new):
    text = path.read_text()
    if text.count(old) != 1:
        sys.exit(f"{path.name}: this stands there {text.count(old)} times, not once:\n{old}")
    path.write_text(text.replace(old, new))


def group(text, name):
    """Where a group of a locale file is."""
    match = re.search(rf"^{name}:\n(?:(?: .*)?\n)*", text, re.M)
    return match.span() if match else sys.exit(f"there is no group {name}")


def take_out(copy, parts):
    """The copy as it was before anybody wrote the flow."""
    for kind, path, _, body in reversed(parts):
        if kind == "diff" and path != "flows/keys.rs":
            for old, new in reversed(list(hunks(body))):
                replace(copy / path, new, old)
    shutil.rmtree(copy / "flows/ticket")
    for snapshot in (copy / "snapshots").glob("*ticket.*"):
        if snapshot.name.startswith(("ticket.", "matrix.ticket", "diagram.ticket")):
            snapshot.unlink()
    (copy / "docs/flows/ticket.svg").unlink()
    without(copy / "flows/lib.rs", r"^pub mod ticket;$|^        Ticket => ")
    without(copy / "flows/keys.rs", r"^    TICKET_|^    HELP_TICKET ")
    for language in ("en", "ar"):
        path = copy / f"locales/{language}.yml"
        text = path.read_text()
        start, end = group(text, "ticket")
        path.write_text(text[:start] + text[end:])
    frozen = json.loads((copy / SESSIONS).read_text())
    kept = {name: value for name, value in frozen.items() if not name.startswith("ticket ")}
    (copy / SESSIONS).write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")


def without(path, pattern):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not re.search(pattern, line)))


def apply(copy, kind, path, goes_on, body):
    file = copy / path
    if kind == "rust":
        file.write_text((file.read_text() if goes_on else "") + body)
    elif kind == "yaml":
        text = file.read_text()
        start, end = group(text, body.split(":")[0])
        file.write_text(text[:start] + body + text[end:])
    elif kind == "diff":
        for old, new in hunks(body):
            replace(file, old, new)
    elif kind == "sh":
        for line in body.splitlines():
            run(copy, line)
    else:
        sys.exit(f"a block of kind {kind} is not understood")


def run(copy, line):
    """Runs a command; one that is said to fail must, with these words."""
    command, _, expected = line.partition("  # fails: ")
    binary = TARGET / "debug" / "raqam"
    words = command.replace("cargo run -q --", str(binary))
    environment = dict(os.environ, CARGO_TARGET_DIR=str(TARGET), CARGO_TERM_COLOR="never")
    environment.pop("INSTA_UPDATE", None)
    start = time.monotonic()
    ended = subprocess.run(words, shell=True, cwd=copy, env=environment, text=True, timeout=COMMAND_SECONDS_MAX,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f"run: {command}: exit code {ended.returncode} after {time.monotonic() - start:.0f} s", flush=True)
    if (ended.returncode != 0) != bool(expected) or expected not in ended.stdout:
        sys.exit(f"the text says that this {'fails with ' + expected if expected else 'works'}:\n{ended.stdout}")


def compare(copy):
    """The flow's own files byte for byte; of shared ones, which others change too, every line."""
    own = [path.relative_to(ROOT) for folder, pattern in (("flows/ticket", "*"), ("snapshots", "*ticket.*"))
           for path in sorted((ROOT / folder).glob(pattern))]
    own += [pathlib.Path(path) for path in ("flows/home/mod.rs", "flows/home/screens.rs")]
    wrong = [path for path in own if not (copy / path).is_file() or body(copy / path) != body(ROOT / path)]
    shared = ("flows/lib.rs", "flows/keys.rs", "locales/en.yml", "locales/ar.yml")
    wrong += [path for path in shared if lines(copy / path) != lines(ROOT / path)]
    if json.loads((copy / SESSIONS).read_text()) != json.loads((ROOT / SESSIONS).read_text()):
        wrong.append(SESSIONS)
    if wrong:
        sys.exit("what the text builds is not what is shipped: " + ", ".join(map(str, wrong)))
    print(f"tutorial: {len(own)} files are as shipped")


def body(path):
    """A file; a snapshot without its head, which names the test that drew it."""
    text = path.read_text()
    return text.split("---\n", 2)[2] if path.suffix == ".snap" else text


def lines(path):
    return sorted(line for line in path.read_text().splitlines() if line)


def scaffold(copy):
    """A flow that nobody has seen before: written, drawn and green, and no line that was there is another one."""
    for line in ("cargo run -q -- new-flow refund", "INSTA_UPDATE=no cargo test -p flows", "cargo fmt --check"):
        run(copy, line)
    run(copy, "cargo run -q -- new-flow refund  # fails: flows/refund is there already")
    for path in ("flows/lib.rs", "flows/keys.rs", "locales/en.yml", "locales/ar.yml"):
        before, after = (ROOT / path).read_text().splitlines(), iter((copy / path).read_text().splitlines())
        gone = [line for line in before if line not in after]
        if gone:
            sys.exit(f"{path}: these lines were changed: {gone}")
    drawn = len(list((copy / "snapshots").glob("*refund.*")))
    print(f"scaffold: no line was changed, {drawn} snapshots were drawn")


def text(copy):
    parts = list(blocks(TEXT.read_text()))
    take_out(copy, parts)
    for part in parts:
        apply(copy, *part)
    compare(copy)


def main():
    build = {"scaffold": scaffold, "text": text}[sys.argv[1]]
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    with tempfile.TemporaryDirectory(prefix="raqam-tutorial-") as folder:
        copy = pathlib.Path(folder)
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        build(copy)


main()
