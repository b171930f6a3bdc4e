# Opens connections: client.py PORT COUNT [BYTES to send on each | http: a request, and its answer].
# Ends, and closes, with its input.
import socket, struct, sys

port, count = int(sys.argv[1]), int(sys.argv[2])
what = sys.argv[3] if len(sys.argv) > 3 else "0"
request = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
data = request if what == "http" else b"x" * int(what)
held = []
for i in range(count):
    connection = socket.create_connection(("127.0.0.1", port))
    # Reset at the end: no TIME-WAIT stays behind.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if data:
        connection.sendall(data)
    if what == "http":
        answer = b""
        while not answer.endswith(b"hello"):
            more = connection.recv(4096)
            if not more:
                sys.exit("connection %d was closed after %r" % (i, answer))
            answer += more
    held.append(connection)
print("open", flush=True)
sys.stdin.read()
