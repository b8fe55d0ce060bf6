#!/usr/bin/env python3
"""Rules of the house: which target imports which, where `unsafe` lives, what is never imported, how long a file gets.

`scripts/imports.txt` holds the table of imports. A target may import what its row names and what those rows name.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LONGEST = 600
UNSAFE = re.compile(
    r"\bUnsafe\w*|\bwithUnsafe\w*|\bunsafeBitCast\b|\bunsafeDowncast\b|\bUnmanaged\b|nonisolated\(unsafe\)|@unchecked\b"
)
IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)",
    re.MULTILINE,
)
BUILT = re.compile(r"(^|/)(\.build[^/]*|__pycache__|Package\.resolved|DerivedData)(/|$)|\.(o|a|so|pyc|swiftmodule|img|tar)$")


def table():
    rows = {}
    with open(os.path.join(ROOT, "scripts", "imports.txt")) as file:
        for number, line in enumerate(file, 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            name, separator, allowed = line.partition(":")
            if not separator or name in rows:
                sys.exit(f"scripts/imports.txt:{number}: wants 'Target: Import …', each target once")
            rows[name] = set(allowed.split())
    for name, allowed in rows.items():
        for other in allowed - {"*"}:
            if other not in rows:
                sys.exit(f"scripts/imports.txt: {name} names {other}, which has no row")
    return rows


def closure(rows, name, seen=()):
    if "*" in rows[name]:
        return set(rows)
    reached = set(rows[name])
    for other in rows[name]:
        if other not in seen:
            reached |= closure(rows, other, (*seen, name))
    return reached


def without_comments_and_strings(text):
    text = re.sub(r"/\*.*?\*/", lambda match: "\n" * match.group().count("\n"), text, flags=re.DOTALL)
    text = re.sub(r'"""(?:.|\n)*?"""', lambda match: '""' + "\n" * match.group().count("\n"), text)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
    return re.sub(r"//[^\n]*", "", text)


def swift_files(folder):
    for directory, names, files in os.walk(os.path.join(ROOT, folder)):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for file in sorted(files):
            if file.endswith(".swift"):
                yield os.path.relpath(os.path.join(directory, file), ROOT)


def main():
    rows, problems = table(), []
    for folder in ("Sources", "Tests"):
        for path in swift_files(folder):
            target = path.split(os.sep)[1]
            with open(os.path.join(ROOT, path)) as file:
                text = file.read()
            code = without_comments_and_strings(text)
            subject = target[: -len("Tests")] if folder == "Tests" and target.endswith("Tests") else target
            if subject not in rows:
                problems.append(f"{path}: target {target} has no row in scripts/imports.txt")
                continue
            allowed = closure(rows, subject) | {subject}
            if folder == "Tests":
                allowed.add("TestSupport")
            for match in IMPORT.finditer(code):
                line = code.count("\n", 0, match.start(1)) + 1
                if match.group(1) == "Foundation":
                    problems.append(f"{path}:{line}: imports Foundation: use FoundationEssentials or none")
                elif match.group(1) in rows and match.group(1) not in allowed:
                    problems.append(f"{path}:{line}: {target} may not import {match.group(1)}")
            if folder == "Sources" and subject not in ("Linux", "CLinux"):
                for match in UNSAFE.finditer(code):
                    line = code.count("\n", 0, match.start()) + 1
                    problems.append(f"{path}:{line}: {match.group()} belongs in Sources/Linux")
            if text.count("\n") > LONGEST:
                problems.append(f"{path}: {text.count(chr(10))} lines, at most {LONGEST}")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True).stdout.split("\0")
    problems += [f"{path}: a build product is tracked" for path in tracked if BUILT.search(path)]
    for path in tracked:
        if path.endswith((".py", ".sh")) and os.path.exists(os.path.join(ROOT, path)):
            with open(os.path.join(ROOT, path)) as file:
                if sum(1 for _ in file) > LONGEST:
                    problems.append(f"{path}: more than {LONGEST} lines")
    print("\n".join(problems) if problems else "all rules hold")
    return 1 if problems else 0


sys.exit(main())
