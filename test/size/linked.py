"""What a linked image for a microcontroller consists of, by the linker's map."""

import collections
import re
import subprocess

COLUMNS = ("code", "constants", "data", "bss")

# Which part of the whole an object file belongs to, by the first pattern that its path in the map matches.
PARTS = (
    ("core", r"libtautline_core\.a|/lib/core/"),
    ("client", r"libtautline_client\.a|/lib/client/|/test/size/client\.o"),
    ("bridge", r"libtautline_bridge\.a|/lib/bridge/"),
    ("lwIP", r"liblwip\.a"),
    ("port", r"libtautline_(lwip|baremetal|baremetal_network)\.a|tautline_(board(_\w+)?|cortex_m3)\.dir|/ports/lx106/"),
    ("application", r"(node|hosted)(_coroutines)?\.dir|CMakeFiles/bridge\.dir|/test/size/"),
    ("optimised together", r"\.ltrans"),
    ("C library, libgcc", r"/lib\w+\.a"),
)
# Class templates are instantiated where they are used.
CLIENT_TEMPLATE = re.compile(r"N8tautline\d+(BasicClient|ClientBuffers|Client)I")
BRIDGE_TEMPLATE = re.compile(r"N8tautline6bridge")

HEAP = re.compile(r"^(_*malloc(_r)?|_*calloc(_r)?|_*realloc(_r)?|_*free(_r)?|_*sbrk(_r)?|_Zn[wa].*|_Zd[la].*)$")


def part_of(section, path):
    if CLIENT_TEMPLATE.search(section):
        return "client"
    if BRIDGE_TEMPLATE.search(section):
        return "bridge"
    for part, pattern in PARTS:
        if re.search(pattern, path):
            return part
    raise ValueError(f"the map names an object of no known part: {path}")


def column_of(section):
    if section.startswith(".rodata"):
        return "constants"
    if section.startswith(".data"):
        return "data"
    if section.startswith((".bss", ".noinit")) or section == "COMMON":
        return "bss"
    if section.startswith((".text", ".literal", ".vectors", ".init_array", ".ctors", ".ARM.exidx")):
        return "code"
    return None


def parts_of_map(path):
    """{part: Counter of bytes by column} of what was linked."""
    parts = collections.defaultdict(collections.Counter)
    text = path.read_text(encoding="utf-8")
    text = text[text.index("Linker script and memory map"):]
    text = text.split("\n/DISCARD/")[0]
    # A long name of a section stands on a line of its own. Indented by one blank: what an object contributes.
    text = re.sub(r"\n (\S+)\n +0x", r"\n \1 0x", text)
    for section, size, origin in re.findall(r"\n (\S+) +0x[0-9a-f]+ +0x([0-9a-f]+) (\S.*)", text):
        column = column_of(section)
        if column is not None and int(size, 16) != 0:
            parts[part_of(section, origin)][column] += int(size, 16)
    return parts


def symbols(nm, image):
    """{name: (address, size)} of what the image defines."""
    found = {}
    for line in subprocess.run([nm, "-S", image], capture_output=True, text=True, check=True).stdout.splitlines():
        words = line.split()
        if len(words) == 4:
            found[words[3]] = (int(words[0], 16), int(words[1], 16))
        elif len(words) == 3:
            found[words[2]] = (int(words[0], 16), 0)
    return found


def heap_symbols(nm, image):
    return sorted(name for name in symbols(nm, image) if HEAP.match(name))


# What functions are for, by the first pattern that the demangled name matches.
GROUPS = (
    ("reading the wire: lines to fields", r"parse_|take_|wire_2::.*(without_cr|adopt_option)|bye_code|is_valid_|looks_like"),
    ("writing the wire: fields to lines", r"wire_2::|put_decimal|to_string"),
    ("protocol state machine", r"Protocol2::"),
    ("queues and framing", r"LineQueue|LineBuffer|take_line"),
    ("connecting, judging, ending, WiFi", r"BasicLinkClient.*::(wifi_is|connect_\w+|start_handshake|tick|judge_\w+|fail|close[d]?|"
     r"next_step|deadline_ms|opened|wait_\w+|give_up)\("),
    ("lines of the application, bytes in and out", r"BasicLinkClient|check_payload"),
    ("driving the port", r"BasicClient|tautline::Client"),
)


def groups(nm, image):
    """Rows of bytes by group, for what C++ functions and constants of the project the image holds."""
    sums = collections.Counter()
    seen = set()
    command = [nm, "-S", "-C", "--radix=d", image]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        words = line.split(maxsplit=3)
        if len(words) != 4 or words[2] not in "tTwWrRvV" or "tautline::" not in words[3] or words[0] in seen:
            continue
        seen.add(words[0])  # a constructor has two names
        group = next((name for name, pattern in GROUPS if re.search(pattern, words[3])), "the rest")
        sums[group] += int(words[1])
    return sorted(sums.items(), key=lambda item: -item[1])
