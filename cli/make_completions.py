"""Writes shell completion from the option lists and the table of commands:

    make_completions.py MAIN_C POLICY_C OPTIONS_DEF TRACE_DEF AUDIT_DEF COMPARE_DEF VALIDATE_DEF BASH ZSH FISH

The last three are the files to write. trace takes the options of run, too.
"""

import ast
import re
import sys

ROW = re.compile(r'^OPTION\((\w+), "([\w-]+)", (?:0|\'(\w)\'), (NO|YES|MAYBE), (NULL|"[^"]*"),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)', re.M)


def read_options(path: str) -> list[dict[str, str]]:
    rows = []
    with open(path, encoding="utf-8") as file:
        for match in ROW.finditer(file.read()):
            text = "".join(ast.literal_eval(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"', match[6]))
            rows.append({"name": match[2], "short": match[3] or "", "arg": match[4], "metavar": match[5].strip('"'),
                         "help": re.split(r"(?<=\.) ", text)[0].rstrip(".")})
    return rows


def words(row: dict[str, str]) -> list[str]:
    """The values of an option that takes one of a few."""
    choices = row["metavar"].split("|")
    return choices if len(choices) > 1 and all(re.fullmatch(r"[a-z]+", choice) for choice in choices) else []


VERBS: dict[str, list[str]] = {}  # of the commands that have some
# Behind --run of audit stand options of run.
LIKE_RUN = "audit"


def takes_file(row: dict[str, str]) -> bool:
    return row["metavar"].startswith(("FILE", "DIR", "HOST"))


def bash(commands: dict[str, str], options: dict[str, list[dict[str, str]]]) -> str:
    out = ["# Completion of wasiward for bash.", "_wasiward()", "{",
           '\tlocal current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"', "\tif [ $COMP_CWORD = 1 ]; then",
           f'\t\tCOMPREPLY=($(compgen -W "{" ".join(commands)} help version" -- "$current"))', "\t\treturn", "\tfi",
           '\tlocal options= command=${COMP_WORDS[1]} i', '\tfor ((i = 2; i < COMP_CWORD; i++)); do',
           f'\t\tif [ $command = {LIKE_RUN} ] && [ "${{COMP_WORDS[i]}}" = --run ]; then command=run; fi', '\tdone']
    for command, verbs in VERBS.items():
        out += [f"\tif [ $command = {command} ] && [ $COMP_CWORD = 2 ]; then",
                f'\t\tCOMPREPLY=($(compgen -W "{" ".join(verbs)}" -- "$current"))', "\t\treturn", "\tfi"]
    out += ['\tcase $command in']
    for command, rows in options.items():
        names = " ".join(f"--{row['name']}" for row in rows)
        out += [f"\t{command})", f'\t\toptions="{names}"', "\t\tcase $before in"]
        for row in rows:
            if words(row):
                out.append(f"\t\t--{row['name']}) COMPREPLY=($(compgen -W \"{' '.join(words(row))}\" -- \"$current\")); return ;;")
        out += ["\t\tesac", "\t\t;;"]
    out += [f'\thelp) COMPREPLY=($(compgen -W "{" ".join(commands)}" -- "$current")); return ;;', "\tesac",
            '\tcase $current in', '\t-*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;',
            '\t*) COMPREPLY=($(compgen -f -c -- "$current")) ;;', "\tesac", "}", "complete -o filenames -F _wasiward wasiward", ""]
    return "\n".join(out)


def zsh_text(text: str) -> str:
    return re.sub(r"([\[\]:])", r"\\\1", text).replace("'", "'\\''")


def zsh(commands: dict[str, str], options: dict[str, list[dict[str, str]]]) -> str:
    out = ["#compdef wasiward", "# Completion of wasiward for zsh.", "local -a commands", "commands=("]
    out += [f"\t'{name}:{zsh_text(text)}'" for name, text in commands.items()]
    out += [")", "if (( CURRENT == 2 )); then", "\t_describe command commands", "\treturn", "fi", "local command=$words[2]",
            f'if [[ $command = {LIKE_RUN} && -n ${{words[(r)--run]}} ]]; then command=run; fi']
    for command, verbs in VERBS.items():
        out += [f"if [[ $command = {command} ]] && (( CURRENT == 3 )); then", f"\tcompadd {' '.join(verbs)}", "\treturn", "fi"]
    out += ["case $command in"]
    for command, rows in options.items():
        out += [f"{command})", "\t_arguments -s \\"]
        for row in rows:
            action = f"({' '.join(words(row))})" if words(row) else "_files" if takes_file(row) else ""
            value = {"NO": "", "YES": f":value:{action}", "MAYBE": f"::value:{action}"}[row["arg"]]
            mark = {"NO": "", "YES": "=", "MAYBE": "=-"}[row["arg"]]
            out.append(f"\t\t'*--{row['name']}{mark}[{zsh_text(row['help'])}]{value}' \\")
        out += ["\t\t'*::arguments:_files'", "\t;;"]
    out += ["help) _describe command commands ;;", "esac", ""]
    return "\n".join(out)


def fish(commands: dict[str, str], options: dict[str, list[dict[str, str]]]) -> str:
    def quote(text: str) -> str:
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    out = ["# Completion of wasiward for fish."]
    for name, text in (*commands.items(), ("help", "Print the help of a command."), ("version", "Print the version.")):
        out.append(f"complete -c wasiward -n __fish_use_subcommand -f -a {name} -d {quote(text)}")
    for command, rows in options.items():
        for row in rows:
            line = f"complete -c wasiward -n '__fish_seen_subcommand_from {command}' -l {row['name']}"
            if row["short"]:
                line += f" -s {row['short']}"
            if row["arg"] == "YES":
                line += " -r" if takes_file(row) else " -x"
            if words(row):
                line += f" -a {quote(' '.join(words(row)))}"
            out.append(f"{line} -d {quote(row['help'])}")
            if command == "run":
                out.append(f"{line.replace('from run', f'from {LIKE_RUN}; and __fish_contains_opt run')} -d {quote(row['help'])}")
    for command, verbs in VERBS.items():
        out.append(f"complete -c wasiward -n '__fish_seen_subcommand_from {command}; and not __fish_seen_subcommand_from {' '.join(verbs)}' "
                   f"-a {quote(' '.join(verbs))}")
    return "\n".join(out) + "\n"


def main() -> None:
    main_c, policy_c, run_def, trace_def, audit_def, compare_def, validate_def, *outputs = sys.argv[1:]
    with open(main_c, encoding="utf-8") as file:
        commands = dict(re.findall(r'\{ "(\w+)", "([^"]*)", cmd_\w+ \}', file.read()))
    options = {"run": read_options(run_def), "trace": read_options(trace_def), "audit": read_options(audit_def),
               "compare": read_options(compare_def), "validate": read_options(validate_def)}
    with open(policy_c, encoding="utf-8") as file:
        VERBS["policy"] = re.findall(r'\{ "([\w-]+)", \w+ \}', file.read())
    options["policy"] = options["run"]  # of policy show
    own = {row["name"] for row in options["trace"]} | {"trace", "version"}
    options["trace"] += [row for row in options["run"] if row["name"] not in own]
    if not set(options) <= set(commands):
        sys.exit(f"options of commands that are not in main.c: {sorted(set(options) - set(commands))}")
    for path, make in zip(outputs, (bash, zsh, fish), strict=True):
        with open(path, "w", encoding="utf-8") as out:
            out.write(make(commands, options))


main()
