"""Reads the YAML in which MLTable files are written, where the job's environment has no PyYAML.

Block and flow mappings and lists, quoted and plain scalars, comments. Anything else (anchors, tags, multi-line texts) is
refused with its line and never guessed at.
"""
import re

from .errors import JobFailed

KEY = re.compile(r"""^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#:,\[\]{}'"-][^#:]*?|\$\w+)\s*:(?:\s+(.*))?$""")


def load(text):
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = without_comment(line)
        if bare.strip() in ("", "---", "..."):
            continue
        if "\t" in bare[: len(bare) - len(bare.lstrip())]:
            raise refused(number, line)
        lines.append((number, len(bare) - len(bare.lstrip(" ")), bare.strip()))
    if not lines:
        return None
    value, rest = block(lines, lines[0][1])
    if rest:
        raise refused(rest[0][0], rest[0][2])
    return value


def refused(number, line):
    return JobFailed("MLTable: line %d can't be read here: %s" % (number, line.strip()))


def without_comment(line):
    quote = None
    for at, letter in enumerate(line):
        if quote:
            quote = None if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#" and (at == 0 or line[at - 1] in " \t"):
            return line[:at]
    return line.rstrip()


def block(lines, indent):
    """The value that begins with the first line, and the lines after it."""
    number, _, text = lines[0]
    if text == "-" or text.startswith("- "):
        return block_list(lines, indent)
    if KEY.match(text):
        return block_map(lines, indent)
    return scalar(text, number), lines[1:]


def block_list(lines, indent):
    items = []
    while lines and lines[0][1] == indent and (lines[0][2] == "-" or lines[0][2].startswith("- ")):
        number, _, text = lines[0]
        rest = text[1:].strip()
        if rest == "":
            value, lines = nested(lines[1:], indent)
        else:
            # What follows the dash stands as deep as the lines below it.
            deeper = indent + len(text) - len(rest)
            value, lines = block([(number, deeper, rest)] + lines[1:], deeper)
        items.append(value)
    return items, lines


def block_map(lines, indent):
    values = {}
    while lines and lines[0][1] == indent:
        number, _, text = lines[0]
        match = KEY.match(text)
        if not match:
            break
        key, rest = str(scalar(match.group(1), number)), (match.group(2) or "").strip()
        lines = lines[1:]
        if rest:
            values[key] = scalar(rest, number)
        elif lines and lines[0][1] == indent and lines[0][2].startswith("-"):
            values[key], lines = block_list(lines, indent)  # a list may stand as deep as its key
        else:
            values[key], lines = nested(lines, indent)
    return values, lines


def nested(lines, indent):
    return block(lines, lines[0][1]) if lines and lines[0][1] > indent else (None, lines)


def scalar(text, number):
    if text[0] in "[{":
        value, rest = flow(text, number)
        if rest.strip():
            raise refused(number, text)
        return value
    if text[0] == '"' and text[-1] == '"' and len(text) > 1:
        return escaped(text[1:-1], number)
    if text[0] == "'" and text[-1] == "'" and len(text) > 1:
        return text[1:-1].replace("''", "'")
    if text[0] in "&*!|>%@`\"'":
        raise refused(number, text)
    return plain(text)


def plain(text):
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.match(r"^[+-]?\d+$", text):
        return int(text)
    if re.match(r"^[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?$", text):
        return float(text)
    return text


def escaped(text, number):
    named = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "/": "/", "0": "\0"}

    def one(match):
        if match.group(1) not in named:
            raise refused(number, text)
        return named[match.group(1)]

    return re.sub(r"\\(.)", one, text)


def flow(text, number):
    """A `[…]` or `{…}` at the beginning of a text, and what follows it."""
    is_map, rest = text[0] == "{", text[1:].lstrip()
    result = {} if is_map else []
    while rest and rest[0] not in "]}":
        if is_map:
            key, rest = flow_item(rest, number, ":")
            if not rest.startswith(":"):
                raise refused(number, text)
            result[str(key)], rest = flow_item(rest[1:].lstrip(), number, "")
        else:
            value, rest = flow_item(rest, number, "")
            result.append(value)
        if rest.startswith(","):
            rest = rest[1:].lstrip()
        elif not rest or rest[0] not in "]}":
            raise refused(number, text)
    if not rest:
        raise refused(number, text)
    return result, rest[1:]


def flow_item(text, number, more):
    if text[:1] in ("[", "{"):
        value, rest = flow(text, number)
        return value, rest.lstrip()
    match = re.match(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,\[\]{}%s]*)\s*""" % re.escape(more), text)
    word = match.group(1).strip()
    return (scalar(word, number) if word else None), text[match.end() :]
