# A server of others: accepts, watches each connection by epoll, does nothing. Ends with its input.
import select, socket, sys

listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
listener.listen(4096)
listener.setblocking(False)
epoll = select.epoll()
epoll.register(listener.fileno(), select.EPOLLIN)
epoll.register(sys.stdin.fileno(), select.EPOLLIN)
held = {}
print(listener.getsockname()[1], flush=True)
while True:
    for fd, events in epoll.poll():
        if fd == sys.stdin.fileno():
            sys.exit()
        if fd == listener.fileno():
            while True:
                try:
                    connection, _ = listener.accept()
                except BlockingIOError:
                    break
                held[connection.fileno()] = connection
                epoll.register(connection.fileno(), select.EPOLLIN)
            print(len(held), flush=True)
        elif sys.argv[1:] != ["deaf"]:
            try:
                data = held[fd].recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                epoll.unregister(fd)
                held.pop(fd).close()
        else:
            epoll.modify(fd, 0)
