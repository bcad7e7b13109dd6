#!/bin/sh
# What messages and documents tell the user to type exists: every verb after "guotu", every option, and
# where both are named together, the option of that verb. The truth is 'guotu help'.
. "$(dirname "$0")/lib.sh"
python3 - "$GUOTU" "$GT_SOURCE_DIR" <<'PY' || fail "hints that name what is not there"
import glob, os, re, subprocess, sys
guotu, source = sys.argv[1:]
env = dict(os.environ, GUOTU_LANG="en")

def run(*args):
    return subprocess.run([guotu, *args], capture_output=True, text=True, env=env, check=True).stdout

top = run("help")
verbs = re.findall(r"^  ([a-z]+) +\S", top.split("global options:")[0], re.M)
shared = set(re.findall(r"--([a-z][a-z-]*)", top)) | {"w", "q", "version"}
options = {v: set(re.findall(r"^  --?([a-z][a-z-]*)", run("help", v), re.M)) for v in verbs}
everything = shared.union(*options.values())
assert len(verbs) > 10 and len(everything) > 40, f"help was not understood: {verbs} {everything}"
bad = []
# Rooms whose verb is still to come; what they promise is looked at once it is there.
coming = {"model", "indicator", "ledger", "series", "grid", "build"} - set(verbs)

def look(where, text, loose):
    """loose: options stand alone in a sentence; else only behind a command."""
    for m in re.finditer(r"guotu((?: -[wq](?: [^ -][^ ]*)?| --lang [a-z]+)*) ([a-z]+)\b([^'”`\n]*)", text):
        verb, rest = m.group(2), m.group(3)
        if verb in coming:
            continue
        if verb not in verbs:
            if not loose or "--" in rest or "'" in text[max(0, m.start() - 1):m.start()]:
                bad.append(f"{where}: no verb '{verb}' in: {m.group(0)}")
            continue
        for o in re.findall(r"(?<![\w-])--([a-z][a-z-]*)", rest):
            if o not in options[verb] | shared:
                bad.append(f"{where}: {verb} has no --{o}")
    if loose:
        for o in re.findall(r"(?<![\w-])--([a-z][a-z-]*)", text):
            if o not in everything:
                bad.append(f"{where}: no command has --{o}")

n = 0
for path in sorted(glob.glob(source + "/src/*/*.def") + glob.glob(source + "/src/model/*/*.def") +
                   glob.glob(source + "/cli/*.def")):
    room = path.split("/")[-2]
    if room in coming or room == "grid": # grid's import and export options are still to come
        continue
    text = open(path, encoding="utf-8").read()
    room = os.path.basename(os.path.dirname(path))
    for m in re.finditer(r'\bM\w*\(\s*(\w+)\s*,((?:\s*"(?:[^"\\]|\\.)*"|\s*NULL|\s*,)+)\)', text):
        n += 1
        for part in re.split(r'"\s*,|NULL\s*,?', m.group(2)):
            words = "".join(re.findall(r'"((?:[^"\\]|\\.)*)', part + '"'))
            look(f"{os.path.relpath(path, source)}: {m.group(1)}", words, room not in coming)
assert n > 300, f"only {n} messages were found"

# Commands of the documents: lines that begin with guotu inside code.
d = 0
for path in sorted(glob.glob(source + "/README*.md") + glob.glob(source + "/docs/**/*.md", recursive=True)):
    inside = False
    for i, line in enumerate(open(path, encoding="utf-8"), 1):
        if line.startswith("```"):
            inside = not inside
        command = re.match(r"\s*(?:\$ )?(guotu .*)", line.rstrip("\\\n"))
        if inside and command:
            d += 1
            look(f"{os.path.relpath(path, source)}:{i}", command.group(1), False)
assert d > 10, f"only {d} commands were found in the documents"
print(f"{n} messages, {d} commands of documents, {len(verbs)} verbs")
print("\n".join(sorted(set(bad))))
sys.exit(1 if bad else 0)
PY
cases=$((cases + 1))
finish
