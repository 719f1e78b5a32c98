# SPDX-License-Identifier: BSD-2-Clause
"""apt with lists, cache and sources of its own: what a tool may ask of the machine's archives
without changing the machine, and without root."""
import os
import re
import subprocess
from pathlib import Path


class Failure(Exception):
    """A message for the user, one line."""


def one_line_entries(text):
    """Entries of a sources.list: (options, uri, suite, components)."""
    for line in text.splitlines():
        match = re.match(r"\s*deb(?:-src)?\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if match:
            options, uri, suite, components = match.groups()
            yield options or "", uri, suite, components.split()


def stanza_fields(stanza):
    """The fields of one deb822 stanza, names in lower case, continuation lines joined."""
    fields, name = {}, None
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in " \t" and name:
            fields[name] += "\n" + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def deb822_entries(text, keys):
    """Entries of a .sources file. A key that is written within it goes to a file in keys."""
    for number, stanza in enumerate(re.split(r"\n[ \t]*\n", text)):
        fields = stanza_fields(stanza)
        if fields.get("enabled", "yes").lower() in ("no", "false", "0") or "uris" not in fields:
            continue
        options, signed = "", fields.get("signed-by", "")
        if "BEGIN PGP" in signed:
            key = keys / f"key{number}.asc"
            key.write_text("\n".join("" if l == "." else l for l in signed.splitlines()) + "\n")
            signed = str(key)
        if signed:
            options = f"signed-by={','.join(signed.split())}"
        for uri in fields["uris"].split():
            for suite in fields.get("suites", "").split():
                yield options, uri, suite, fields.get("components", "").split()


def source_lines(etc, keys, kind, wanted, suite_instead=None):
    """Lines of the kind ("deb", "deb-src") for those of the machine's archives whose suite matches;
    with suite_instead for that suite of the same archives."""
    lines = set()
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    for file in files:
        if not file.is_file():
            continue
        text = file.read_text(errors="replace")
        if file.suffix == ".sources":
            entries = deb822_entries(text, keys)
        elif file.suffix == ".list":
            entries = one_line_entries(text)
        else:
            continue
        for options, uri, suite, components in entries:
            if wanted.match(suite) and "main" in components:
                keep = re.findall(r"\b(?:signed-by|trusted)=\S+", options, re.I)
                options = f"[{' '.join(keep)}] " if keep else ""
                lines.add(f"{kind} {options}{uri} {suite_instead or suite} main")
    if not lines:
        raise Failure("no Debian 12 archive in the machine's apt sources")
    return sorted(lines)


# ------------------------------------------------------------------- apt

def private_apt(work, kind, wanted, suite_instead=None, status=None):
    """Write an apt configuration that keeps all its state below work; return its path. status: the
    list of installed packages to believe in (default: the machine's)."""
    for folder in ("lists/partial", "cache/archives/partial", "empty", "download"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    lines = source_lines(Path("/etc/apt"), work, kind, wanted, suite_instead)
    (work / "sources.list").write_text("\n".join(lines) + "\n")
    config = work / "apt.conf"
    config.write_text(f'''\
Dir::Etc::sourcelist "{work}/sources.list";
Dir::Etc::sourceparts "{work}/empty";
Dir::Etc::preferencesparts "{work}/empty";
Dir::State::lists "{work}/lists";
Dir::Cache "{work}/cache";
Acquire::Languages "none";
Acquire::IndexTargets::deb-src::Contents-dsc::DefaultEnabled "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
''' + (f'Dir::State::status "{status}";\n' if status else ""))
    return config


def apt_get(config, arguments, where):
    """Run apt-get quietly; a failure carries its last error line."""
    environment = dict(os.environ, APT_CONFIG=str(config), LC_ALL="C")
    try:
        result = subprocess.run(["apt-get", "-q", *arguments], cwd=where, env=environment,
                                text=True, capture_output=True)
    except FileNotFoundError:
        raise Failure("apt-get is missing: this is not a Debian machine")
    if result.returncode != 0:
        errors = [l for l in result.stderr.splitlines() if l.startswith("E:")] or ["no message"]
        raise Failure(f"apt-get {arguments[0]}: {errors[0]}")
