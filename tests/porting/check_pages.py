"""Checks that every command has a man page, and every option of its list stands in it and in the completion of each shell.

    check_pages.py SOURCE_DIR BASH ZSH FISH
"""

import pathlib
import re
import sys

# Commands that share a page, and commands whose options are not in a list.
SHARED = {"run": "wasiward.1.scd", "validate": "wasiward.1.scd"}
LISTS = {"run": "options.def", "trace": "trace.def", "audit": "audit.def", "compare": "compare.def", "validate": "validate.def"}


def main() -> int:
    top, *shells = map(pathlib.Path, sys.argv[1:])
    commands = re.findall(r'\{ "(\w+)", "[^"]*", cmd_\w+ \}', (top / "cli/main.c").read_text())
    failures = []
    for command in commands:
        page = top / "docs" / SHARED.get(command, f"wasiward-{command}.1.scd")
        if not page.exists():
            failures.append(f"{command} has no page {page.name}")
            continue
        if command in SHARED and not (top / "docs" / f"wasiward-{command}.1").exists():
            failures.append(f"man wasiward-{command} leads nowhere")
        text = page.read_text()
        options = re.findall(r'^OPTION\(\w+, "([\w-]+)"', (top / "cli" / LISTS[command]).read_text(), re.M) if command in LISTS else []
        for option in options:
            if option not in ("help", "version") and f"*--{option}*" not in text and f"*--{option}" not in text:
                failures.append(f"{page.name} does not have --{option} of {command}")
            for shell in shells:
                complete = shell.read_text()
                if f"--{option}" not in complete and f"-l {option}" not in complete:
                    failures.append(f"{shell.name} does not complete --{option}")
        for shell in shells:
            if not re.search(rf"\b{command}\b", shell.read_text()):
                failures.append(f"{shell.name} does not complete {command}")
    print("\n".join(failures))
    print(f"{len(commands)} commands, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
