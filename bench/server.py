"""Contestants in another process, which does one thing on command.

A command is a line on its input, the answer a line on its output:

  prepare NAME OPERATION CASE   ok, or none if it does not take part
  run NAME OPERATION            ok NANOSECONDS, of one repetition
  save NAME OPERATION PATH      ok; writes the bytes that it makes
  forget                        ok; frees all contestants

A repetition takes 20 ms or more: what is faster runs several times. What frees
the result is not measured. An answer that starts otherwise is an error.
"""

import subprocess


class Server:
    def __init__(self, command):
        self.command = command
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer or answer[0] not in ("ok", "none"):
            raise RuntimeError(f"{self.command}: {words}: "
                               f"{' '.join(answer) or 'it died'}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Contestant:
    """One contestant of a server, as one peer of the tables."""

    def __init__(self, peer, server, name):
        self.peer = peer
        self.server = server
        self.name = name

    def prepare(self, operation, case):
        return self.server.ask("prepare", self.name, operation, case) == ["ok"]

    def run(self, operation):
        """One repetition with warm caches, in nanoseconds."""
        self.server.ask("run", self.name, operation)
        return float(self.server.ask("run", self.name, operation)[1])

    def save(self, operation, path):
        self.server.ask("save", self.name, operation, str(path))
