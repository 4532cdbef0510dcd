"""Blocks of a Markdown document that tests execute, so that the document stays true."""

import re
import typing


class Block(typing.NamedTuple):
    language: str  # of the fence: sh, cpp, text, ...
    file: str  # the name in the line before the fence, as in `server.cpp`:  (empty: none)
    text: str
    line: int  # of the fence, for messages


def blocks(path):
    """The fenced blocks of a document, in order."""
    result = []
    last_text = ""  # the last line outside of fences that is not empty
    fence = None
    content = []
    with open(path, encoding="utf-8") as document:
        for number, line in enumerate(document, 1):
            if fence is not None:
                if line.strip() == "```":
                    result.append(fence._replace(text="".join(content)))
                    fence, last_text = None, ""
                else:
                    content.append(line)
            elif line.startswith("```"):
                named = re.fullmatch(r"`([\w./-]+)`:", last_text)
                fence = Block(line[3:].strip(), named.group(1) if named else "", "", number)
                content = []
            elif line.strip():
                last_text = line.strip()
    if fence is not None:
        raise ValueError(f"{path}: the block at line {fence.line} has no end")
    return result


def section(path, heading):
    """The lines of a document from a heading to the next heading of the same or a higher level."""
    lines = open(path, encoding="utf-8").read().splitlines()
    start = lines.index(heading)
    level = len(heading) - len(heading.lstrip("#"))
    for end in range(start + 1, len(lines)):
        marks = re.match(r"(#+) ", lines[end])
        if marks and len(marks.group(1)) <= level:
            return lines[start:end]
    return lines[start:]
