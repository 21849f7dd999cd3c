"""The servers that are measured: each starts, says how fanload reaches it and which processes are its own, and stops."""

import dataclasses
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
NCHAN_MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
START_LIMIT_S = 180


class NotInstalled(Exception):
    """A server that this machine does not have; the message says what to install."""


@dataclasses.dataclass
class Running:
    """A server that runs.

    pids: the processes whose CPU and memory are its figures
    beside: processes that work for it, whose CPU is told apart
    """

    pids: list[int]
    beside: dict[str, int]
    process: subprocess.Popen


class Server:
    """One server; `stop` ends exactly the processes that `start` began.

    transports: what it can be read by
    storms: by which of them its readers can come back where they were, in a way that fanload knows
    one_subject: by which of them all readers are one subject, which has a limit of connections
    """

    transports: tuple[str, ...] = ("sse", "ws")
    storms: tuple[str, ...] = ()
    one_subject: tuple[str, ...] = ()

    running: Running | None = None

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def stop(self):
        if self.running:
            end(self.running.process)
            self.running = None


class Floor(Server):
    """A bare send() for every subscriber: what the kernel takes, and nothing else."""

    name = "floor"

    def start(self):
        self.port = free_port()
        process = spawn([HERE / "target" / "floor", str(self.port)], self.folder / "floor.log")
        await_port(self.port, process)
        self.running = Running([process.pid], {}, process)

    def subscribe(self, transport, key):
        return ["-t", transport, "--url", f"http://127.0.0.1:{self.port}/s/%d"]

    def publish(self, key):
        return ["--pub-url", f"http://127.0.0.1:{self.port}/p/%d"]


class Nchan(Server):
    """nginx with nchan, one worker, its memory store, 200 messages of history."""

    name = "nchan"
    storms = ("sse",)

    def start(self):
        nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if not nginx or not NCHAN_MODULE.exists():
            raise NotInstalled("nchan is not installed (Debian: apt-get install nginx-light libnginx-mod-nchan)")
        self.port = free_port()
        configuration = (HERE / "nchan.conf").read_text()
        for name, value in {"FOLDER": self.folder, "MODULE": NCHAN_MODULE, "PORT": self.port}.items():
            configuration = configuration.replace(f"@{name}@", str(value))
        file = self.folder / "nginx.conf"
        file.write_text(configuration)
        (self.folder / "tmp").mkdir(exist_ok=True)
        (self.folder / "tmp").chmod(0o777)
        process = spawn(
            [nginx, "-p", self.folder, "-c", file, "-e", self.folder / "error.log"], self.folder / "nginx.log"
        )
        await_port(self.port, process)
        await_that(lambda: children(process.pid), "nginx started no worker", process)
        self.running = Running(children(process.pid), {}, process)

    def subscribe(self, transport, key):
        return ["-t", transport, "--url", f"http://127.0.0.1:{self.port}/sub/{key}%d"]

    def publish(self, key):
        return ["--pub-url", f"http://127.0.0.1:{self.port}/pub/{key}%d"]


class Tailwater(Server):
    """The platform of this tree, each part its own process; its figures are those of its one gateway."""

    name = "tailwater"
    transports = ("sse", "json", "protobuf", "pattern", "sio")
    storms = ("sse", "json", "sio")
    one_subject = ("pattern",)

    # Readers of a pattern read all of so many channels; publications go to each in turn.
    PATTERN_CHANNELS = 1000

    def __init__(self, folder, home=HERE.parent, name="tailwater", more=()):
        super().__init__(folder)
        self.home = pathlib.Path(home)
        self.name = name
        self.more = more

    def start(self):
        base = free_range(200)
        self.port = base + 1
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="data-", dir=self.folder))
        log = self.folder / "up.log"
        up = [self.home / "tailwater", "up", "--processes", "--gateways", "1", "--data", self.data, "--port", str(base)]
        process = spawn([*up, *self.more], log)
        await_that(
            lambda: "tailwater is ready" in log.read_text(), f"the platform did not start; {log} says more", process
        )
        pids = dict(line.split() for line in (self.data / "pids").read_text().splitlines())
        pids = {name: int(pid) for name, pid in pids.items()}
        gateway = pids.pop("edge-gateway-1")
        token = [self.home / "tailwater", "token", "--data", self.data, "reader", "--subscribe", "demo:*"]
        self.token = subprocess.run(token, check=True, capture_output=True, text=True).stdout.strip()
        self.running = Running(
            [gateway], {name: pid for name, pid in pids.items() if name != "ai-stream-service"}, process
        )

    def fresh(self):
        """Another platform of the same tree, with nothing in it."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="fresh-", dir=self.folder))
        return Tailwater(folder, self.home, self.name, self.more)

    def stop(self):
        super().stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def subscribe(self, transport, key):
        http = f"http://127.0.0.1:{self.port}"
        channel = f"demo:{key}%d"
        if transport == "sse":
            return ["-t", "sse", "--event", "message", "--url", f"{http}/v1/events?channel={channel}"]
        if transport == "pattern":
            url = f"{http}/v1/events?channel=demo:{key}*"
            header = f"Authorization: Bearer {self.token}"
            spread = ["--spread", self.PATTERN_CHANNELS]
            return ["-t", "sse", "--event", "message", "--url", url, "--header", header, *map(str, spread)]
        if transport == "sio":
            return socket_io(self.port, '420["tw:subscribe",{"channel":"%s"}]' % channel)
        # What a reader is told when it is subscribed names its channel; its connection is open then.
        flags = [
            "-t",
            "ws",
            "--url",
            f"{http}/v1/ws",
            "--ws-ready",
            f"demo:{key}",
            "--subproto",
            f"tailwater.v1.{transport}",
        ]
        if transport == "json":
            first = '{"id":1,"subscribe":{"channel":"%s"}}' % channel
            again = '{"id":1,"subscribe":{"channel":"%s","after":"%%id%%"}}' % channel
            return [*flags, "--ws-send", first, "--ws-resume", again, "--id-key", "id"]
        # A ClientFrame with id 1 and a Subscribe; the number of a channel is one digit, so its length is known.
        length = len(channel) - 1
        return [*flags, "--ws-binary", "--ws-send", f"\\x08\\x01\\x1a\\x{length + 2:02x}\\x0a\\x{length:02x}{channel}"]

    def publish(self, key):
        return ["--pub-url", f"http://127.0.0.1:{self.port}/v1/events?channel=demo:{key}%d"]


class SocketIo(Server):
    """Socket.IO's own server, with its Redis streams adapter on a Redis of its own and connection state recovery."""

    name = "socketio"
    transports = ("sio",)
    storms = ("sio",)

    def start(self):
        if not (shutil.which("npm") and shutil.which("redis-server")):
            raise NotInstalled("Socket.IO's server needs Node and Redis (Debian: apt-get install nodejs npm redis-server)")
        program = HERE / "target" / "socketio"
        shutil.copytree(HERE / "socketio", program, dirs_exist_ok=True)
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], cwd=program, check=True
        )
        redis_port = free_port()
        self.redis = spawn(
            ["redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--save", "", "--dir", self.folder],
            self.folder / "redis.log",
        )
        await_port(redis_port, self.redis)
        self.port = free_port()
        process = spawn(["node", program / "server.mjs", self.port, redis_port], self.folder / "node.log")
        await_port(self.port, process)
        self.running = Running([process.pid], {"redis": self.redis.pid}, process)

    def stop(self):
        super().stop()
        end(self.redis)

    def subscribe(self, transport, key):
        return socket_io(self.port, '420["join","%s"]' % f"{key}%d")

    def publish(self, key):
        return ["--pub-url", f"http://127.0.0.1:{self.port}/pub/{key}%d"]


def socket_io(port, join):
    """A reader is open once it has the acknowledgement of having joined."""
    url = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
    return ["-t", "sio", "--url", url, "--ws-send", join, "--ws-ready", "430["]


def spawn(command, log):
    with open(log, "wb") as output:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def children(pid):
    found = []
    for file in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in file.read_text().split()]
    return found


def cpu_seconds(pid):
    """User and system time of a process, seconds; 0 if it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_range(count):
    """First of so many ports that are free one after the other, below the ephemeral ones."""
    for first in range(12000 + os.getpid() % 50 * 200, 32000, count):
        if all(
            is_free(port)
            for port in (first, first + 1, first + 100, first + 101, first + 110, first + 111, first + 190, first + 191)
        ):
            return first
    raise SystemExit("no range of free ports")


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def await_port(port, process):
    await_that(lambda: accepts(port), f"nothing listens on port {port}", process)


def await_that(condition, complaint, process):
    deadline = time.monotonic() + START_LIMIT_S
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            end(process)
            raise SystemExit(complaint)
        time.sleep(0.1)
