"""wrk, with every answer compared to the right one, byte for byte."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRIPT = """
local bodies, answers = {BODIES}, {ANSWERS}
local threads, turn = {}, 0
wrong, busy, other, right = 0, 0, 0, 0
local function contents(path)
  local file = io.open(path, "rb"); local text = file:read("*a"); file:close(); return text
end
function setup(thread) table.insert(threads, thread) end
function init(args)
  requests, known = {}, {}
  for i, path in ipairs(bodies) do
    requests[i] = wrk.format("POST", nil, {["Content-Type"] = "application/json"}, contents(path))
  end
  for _, path in ipairs(answers) do known[contents(path)] = true end
end
function request() turn = turn % #requests + 1; return requests[turn] end
function response(status, headers, body)
  if status == 503 and headers["Retry-After"] then busy = busy + 1
  elseif status >= 500 then other = other + 1
  elseif known[body] then right = right + 1
  else wrong = wrong + 1 end
end
function done(summary, latency, requests)
  local sums = {right = 0, wrong = 0, busy = 0, other = 0}
  for _, thread in ipairs(threads) do
    for name, sum in pairs(sums) do sums[name] = sum + thread:get(name) end
  end
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"max":%f,"right":%d,"wrong":%d,"busy":%d,' ..
    '"other":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, sums.right, sums.wrong, sums.busy,
    sums.other, e.connect, e.read, e.write, e.timeout))
end
"""


@dataclass(frozen=True)
class Run:
    """What came of it; times in milliseconds. `busy` are 503s with Retry-After."""

    requests: int
    seconds: float
    p50: float
    p99: float
    max: float
    right: int
    wrong: int
    busy: int
    other: int
    connect: int
    read: int
    write: int
    timeout: int

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def failed(self) -> int:
        """Answers that are not right and not 503, and connections that broke."""
        return self.wrong + self.other + self.connect + self.read + self.write


class Wrk:
    """A run that goes on; `result` waits for its end."""

    def __init__(
        self,
        address: str,
        pairs: Sequence[tuple[bytes, bytes]],
        connections: int,
        seconds: float,
        path: str = "/v1/gradients",
    ) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="backcheck-stress-")
        files = [self.written(i, *pair) for i, pair in enumerate(pairs)]
        bodies, answers = (lua_list(column) for column in zip(*files, strict=True))
        script = Path(self.folder.name) / "script.lua"
        script.write_text(SCRIPT.replace("{BODIES}", bodies).replace("{ANSWERS}", answers))
        self.process = subprocess.Popen(
            ["wrk", "--threads", "1", "--connections", str(connections), "--timeout", "60",
             "--duration", f"{max(1, round(seconds))}s", "--script", str(script), address + path],
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def written(self, number: int, body: bytes, answer: bytes) -> tuple[str, str]:
        """The two as files."""
        paths = [Path(self.folder.name) / f"{kind}{number}" for kind in ("body", "answer")]
        for path, content in zip(paths, (body, answer), strict=True):
            path.write_bytes(content)
        return str(paths[0]), str(paths[1])

    def result(self) -> Run:
        """Wait for it."""
        text, _ = self.process.communicate()
        self.folder.cleanup()
        return Run(**json.loads(text.strip().splitlines()[-1]))


def lua_list(paths: Sequence[str]) -> str:
    """As Lua writes it."""
    return "{" + ", ".join(f'"{path}"' for path in paths) + "}"
