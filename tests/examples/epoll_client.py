"""Sends objects to epoll_server and checks what it makes of them.

Usage: epoll_client.py SERVER

Starts the server, then clients at once: some send whole messages, some a few
bytes at a time, one sends none of ours and one goes away within a message.
"""

import pathlib
import pickle
import socket
import struct
import subprocess
import sys
import tempfile
import threading

HEADER = struct.Struct("<8sIIQII")


def message(value):
    """A pickle and its out-of-band buffers, as SOCKET_FORMAT.md says."""
    buffers = []
    data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    raws = [buffer.raw() for buffer in buffers]
    table = b"".join(struct.pack("<QIIQQ", raw.nbytes, raw.readonly, 0, 1, 0)
                     for raw in raws)
    header = HEADER.pack(b"PKL5MESG", 1, 0, len(data), len(raws), len(table))
    return b"".join([header, table, data, *raws])


def receive_exactly(stream, size):
    data = bytearray()
    while len(data) < size:
        piece = stream.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def receive(stream):
    """The answer: a message without buffers."""
    magic, version, flags, length, count, table = HEADER.unpack(
        receive_exactly(stream, HEADER.size))
    assert (magic, version, flags, count, table) == (b"PKL5MESG", 1, 0, 0, 0)
    return pickle.loads(receive_exactly(stream, length))


def connect(path):
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(60)
    stream.connect(path)
    return stream


def exchange(path, number, step, answers):
    payload = bytearray(range(256)) * (40 * number + 1)
    with connect(path) as stream:
        for turn in range(3):
            value = {"client": number, "turn": turn,
                     "data": pickle.PickleBuffer(payload)}
            sent = message(value)
            for at in range(0, len(sent), step or len(sent)):
                stream.sendall(sent[at:at + (step or len(sent))])
            answer = receive(stream)
            assert answer["bytes"] == len(payload), answer
            assert answer["repr"].startswith(
                f"{{'client': {number}, 'turn': {turn}, 'data': "), answer
            answers.append(answer)


def send_and_leave(path, data):
    with connect(path) as stream:
        stream.sendall(data)


def main():
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "server")
        jobs = [(exchange, (path, n, step, answers))
                for n, step in enumerate((0, 0, 0, 4096, 1000, 97, 31))]
        jobs.append((send_and_leave, (path, b"GET / HTTP/1.1\r\n" * 10)))
        jobs.append((send_and_leave, (path, message([b"x" * 1000])[:-50])))
        with subprocess.Popen([sys.argv[1], path, str(len(jobs))],
                              stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout.readline() == "listening\n"
            threads = [threading.Thread(target=function, args=arguments)
                       for function, arguments in jobs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            output, _ = server.communicate(timeout=60)
    assert server.returncode == 0, server.returncode
    assert len(answers) == 21, len(answers)
    assert "the stream does not hold messages" in output, output
    assert "of the payloads missing" in output, output
    print(f"{len(answers)} pickles answered; refused:\n{output}", end="")


if __name__ == "__main__":
    main()
