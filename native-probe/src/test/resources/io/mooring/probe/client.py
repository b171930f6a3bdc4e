# Opens connections: client.py PORT COUNT [BYTES to send on each]. Ends, and closes, with its input.
import socket, struct, sys

port, count = int(sys.argv[1]), int(sys.argv[2])
data = b"x" * int(sys.argv[3]) if len(sys.argv) > 3 else b""
held = []
for i in range(count):
    connection = socket.create_connection(("127.0.0.1", port))
    # Reset at the end: no TIME-WAIT stays behind.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if data:
        connection.sendall(data)
    held.append(connection)
print("open", flush=True)
sys.stdin.read()
