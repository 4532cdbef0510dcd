"""How much of its memory a board's firmware uses, seen from outside: the emulator paints what the image leaves free, and
what is not painted any more after a run was used."""

import json
import re
import signal
import socket
import subprocess
import time

PAINT = 0xC5
LIMIT_SECONDS = 60
PERIOD_MS = 100
LINES_EACH_LIFE = 20
MACHINES = {
    "lm3s6965": ["qemu-system-arm", "-M", "lm3s6965evb"],
    "mps2-an385": ["qemu-system-arm", "-M", "mps2-an385"],
    "lx106": ["qemu-system-xtensa", "-M", "kc705-nommu", "-cpu", "lx106", "-m", "16M"],
}


class Server:
    """The main demo's server. A second life has the port of the first."""

    def __init__(self, program, port=0):
        self.process = subprocess.Popen(
            [program, "--address", "127.0.0.1", "--port", str(port), "--period", str(PERIOD_MS)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=LIMIT_SECONDS)


class Board:
    """One firmware in QEMU, with `painted` bytes from `paint_begin` on painted before it starts."""

    def __init__(self, machine, image, directory, paint_begin, painted, settings):
        directory.mkdir(parents=True, exist_ok=True)
        self.console_file = directory / "console"
        self.console_file.write_text("")
        paint = directory / "paint"
        paint.write_bytes(bytes([PAINT]) * painted)
        self.dump = directory / "memory"
        self.monitor, theirs = socket.socketpair()
        self.monitor.settimeout(LIMIT_SECONDS)
        arguments = "".join(f",arg={word}" for word in ["node", *settings])
        self.process = subprocess.Popen(
            [*MACHINES[machine], "-kernel", image, "-display", "none", "-monitor", "none",
             "-device", f"loader,file={paint},addr={paint_begin:#x},force-raw=on",
             "-serial", f"file:{self.console_file}", "-semihosting-config", f"enable=on,target=native{arguments}",
             "-netdev", "user,id=n0", "-net", "nic,netdev=n0",
             "-chardev", f"socket,id=monitor,fd={theirs.fileno()}", "-mon", "chardev=monitor,mode=control"],
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stderr=(directory / "errors").open("w"))
        theirs.close()
        self.replies = self.monitor.makefile("r")
        self.replies.readline()  # the greeting
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.monitor.sendall(json.dumps({"execute": name, "arguments": arguments}).encode())
        while True:
            reply = json.loads(self.replies.readline())
            if "error" in reply:
                raise RuntimeError(f"{name}: {reply['error']['desc']}")
            if "return" in reply:
                return

    def console(self):
        return self.console_file.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, pattern, count):
        deadline = time.monotonic() + LIMIT_SECONDS
        while len(re.findall(pattern, self.console(), re.MULTILINE)) < count:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"the board did not print {pattern!r} {count} times:\n{self.console()}")
            time.sleep(0.05)

    def memory(self, begin, size):
        self.command("stop")
        self.command("memsave", val=begin, size=size, filename=str(self.dump), **{"cpu-index": 0})
        return self.dump.read_bytes()

    def end(self):
        self.process.terminate()
        self.process.wait(timeout=LIMIT_SECONDS)
        self.monitor.close()


def run(machine, image, directory, symbols, server_program, memory_size=None, settings=()):
    """Bytes of stack that were used, out of how many: the link comes up, lines go both ways, the server goes and comes
    back, lines go both ways again. With `memory_size`, memory beyond that many bytes must stay as it was."""
    begin = symbols["memory_end"][0]
    end = symbols["stack_top"][0]
    ram = end - memory_size if memory_size else None
    beyond = 64 * 1024 - memory_size if memory_size else 0
    server = Server(server_program)
    try:
        board = Board(machine, image, directory, begin, end - begin + beyond,
                      ["id=1", f"port={server.port}", f"period={PERIOD_MS}", "verbose=1", *settings])
        try:
            exchange(board, 1)
            server.stop()
            board.wait_for("^link down", 1)
            server = Server(server_program, server.port)
            exchange(board, 2)
            memory = board.memory(begin, end - begin + beyond)
        finally:
            board.end()
    finally:
        server.stop()
    assert ram is None or ram == 0x20000000, "the layout does not begin where the memory does"
    if memory[end - begin:] != bytes([PAINT]) * beyond:
        raise RuntimeError(f"{image}: memory beyond {memory_size} bytes was written")
    stack = memory[:end - begin]
    unused = len(stack) - len(stack.lstrip(bytes([PAINT])))
    if unused == 0:
        raise RuntimeError(f"{image}: the stack overflowed")
    return len(stack) - unused, len(stack)


def exchange(board, life):
    board.wait_for("^link up", life)
    board.wait_for("^acknowledged", life * LINES_EACH_LIFE)
    board.wait_for(r"^got \[", life * LINES_EACH_LIFE)
