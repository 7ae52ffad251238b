"""One SMTP session that a test drives: a command a line on stdin, the reply on
stdout, its lines joined by " | ".  "AUTH USER PASSWORD" logs in (PLAIN)."""
import base64
import socket
import sys

link = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)
replies = link.makefile("rb")


def reply():
    lines = []
    while True:
        line = replies.readline().decode("utf-8", "replace").rstrip()
        lines.append(line)
        if line[3:4] != "-":
            print(" | ".join(lines), flush=True)
            return


reply()
for command in sys.stdin:
    words = command.split()
    if words[0] == "AUTH":
        secret = base64.b64encode(f"\0{words[1]}\0{words[2]}".encode())
        command = f"AUTH PLAIN {secret.decode()}"
    link.sendall(command.rstrip().encode() + b"\r\n")
    reply()
