"""Builds the packages as the Arduino IDE, ESP-IDF and Zephyr do, with stand-ins for their headers."""

import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "test/packaging"
STAND_INS = ROOT / "packaging/stand_ins"
NEWLIB = sorted(pathlib.Path("/usr/include/newlib/c++").glob("*"))[-1]
BORROWED_HEADERS = ["-isystem", str(NEWLIB), "-isystem", str(NEWLIB / "arm-none-eabi")]
COMPILERS = {
    "host": ["g++"],
    "lx106": ["xtensa-lx106-elf-g++", "-mlongcalls", "--specs=/usr/lib/xtensa-lx106-elf/picolibc.specs", *BORROWED_HEADERS],
    "rv32imc": ["riscv64-unknown-elf-g++", "-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs", *BORROWED_HEADERS],
}
FLAGS = ["-std=gnu++17", "-Os", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Werror"]
ARDUINO_CORES = {
    "ESP8266": ["arduino", "esp8266"],
    "ESP32": ["arduino", "esp32", "esp_idf"],
}
LAUNCHER = [shutil.which("ccache")] if shutil.which("ccache") else []


def run(command, **options):
    """Stops the test with the command's output if it fails."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
    return result.stdout


def make_packages(folder):
    run([ROOT / "script/package", folder])


class Arduino:
    """The Arduino package compiled for one core by one compiler: each source of the library, and sketches."""

    def __init__(self, package, core, compiler, objects):
        self.package, self.objects = package, objects
        self.command = [*LAUNCHER, *COMPILERS[compiler], *FLAGS, f"-DARDUINO_ARCH_{core}", "-DARDUINO=10819"]
        self.command += [f"-I{STAND_INS / name}" for name in ARDUINO_CORES[core]] + [f"-I{package / 'src'}"]
        objects.mkdir(parents=True, exist_ok=True)

    def compile(self, source, name):
        run([*self.command, "-c", source, "-o", self.objects / f"{name}.o"])
        return self.objects / f"{name}.o"

    def library(self):
        """The objects of every source below src/, as the IDE compiles them, whatever the board."""
        sources = sorted((self.package / "src").rglob("*.cpp"))
        names = ["-".join(source.relative_to(self.package / "src").with_suffix("").parts) for source in sources]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return list(pool.map(self.compile, sources, names))

    def sketch(self, path, changes=()):
        """The IDE puts one include before a sketch and compiles it as C++. `changes`: (text, other text)."""
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            if old not in text:
                sys.exit(f"{path.name}: there is no {old}")
            text = text.replace(old, new)
        source = self.objects / f"{path.name}.cpp"
        source.write_text(f'#include <Arduino.h>\n#line 1 "{path.name}"\n{text}', encoding="utf-8")
        return self.compile(source, path.stem)

    def program(self, sketch, library):
        """The sketch on Linux."""
        core = [self.compile(HERE / "host" / f"{name}.cpp", name) for name in ("arduino", "esp_idf_system")]
        program = self.objects / sketch.stem
        run(["g++", sketch, *library, *core, "-o", program])
        return program


def kconfig_defaults(path):
    """name -> default, as sdkconfig.h has them; a bool that is n is not there."""
    values = {}
    for block in re.split(r"(?m)^\s*config ", path.read_text(encoding="utf-8"))[1:]:
        name = re.match(r"\w+", block).group(0)
        kind = re.search(r"(?m)^\s+(string|int|bool) ", block).group(1)
        default = re.search(r"(?m)^\s+default (.*)$", block).group(1)
        if kind != "bool":
            values[name] = default
        elif default == "y":
            values[name] = "1"
    return values


def write_sdkconfig(package, folder, changes=()):
    folder.mkdir(parents=True, exist_ok=True)
    values = kconfig_defaults(package / "Kconfig") | dict(changes)
    lines = [f"#define CONFIG_{name} {value}\n" for name, value in values.items()]
    (folder / "sdkconfig.h").write_text("#pragma once\n" + "".join(lines), encoding="utf-8")


def build_project(kind, package, folder, toolchain=None, runs=False, settings=()):
    """Configures and builds what CMakeLists.txt of the package says; returns the build folder."""
    stand_ins = [STAND_INS / "zephyr"] + ([STAND_INS / "zephyr_posix"] if toolchain else [])
    if kind == "esp-idf":
        write_sdkconfig(package, folder / "config", settings)
        stand_ins = [STAND_INS / "esp_idf", folder / "config"]
    command = ["cmake", "-S", HERE / "project", "-B", folder, "-G", "Ninja", f"-DKIND={kind}", f"-DPACKAGE={package}"]
    command += [f"-DSTAND_INS={';'.join(map(str, stand_ins))}", f"-DRUN={'ON' if runs else 'OFF'}"]
    command += ["-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", f"-DCMAKE_CXX_COMPILER_LAUNCHER={';'.join(LAUNCHER)}"]
    if toolchain:
        command.append(f"-DCMAKE_TOOLCHAIN_FILE={toolchain}")
    run(command)
    run(["ninja", "-j2", "-C", folder])
    return folder
