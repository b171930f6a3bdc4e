/*
 * The plain way to broadcast: epoll for what comes, and for each message a loop of send() over all
 * the sockets but the one that it came from.
 *
 *   send_loop [-h HOST] [-p PORT]
 *
 * MSG_DONTWAIT, so one full socket does not hold up the others; whoever does not take a message
 * whole is cut, for there is no output queue here. A descriptor each, so the hard limit of open
 * files bounds the connections.
 */
#include "epoll.h"
#include "topic.h"

#define READ_BYTES 65536

static struct input *inputs;            /* by descriptor */
static struct members members;
static struct out out;

static void open_inputs(unsigned files) {
    inputs = calloc(files, sizeof *inputs);
    if (!inputs) die("no memory");
    members_open(&members, files);
}

static void publish(int from) {
    for (unsigned i = 0; i < members.count; i++) {
        int fd = (int) members.ids[i];
        if (fd == from) continue;
        ssize_t n = send(fd, out.bytes, out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n != (ssize_t) out.length) shutdown(fd, SHUT_RDWR); /* epoll tells of its end */
    }
}

static void end(int fd) {
    struct input *input = &inputs[fd];
    if (input->upgraded) members_remove(&members, (unsigned) fd);
    release(&input->in);
    *input = (struct input) {0};
    close(fd);
}

static void on_bytes(int fd) {
    for (;;) {
        switch (input_next(&inputs[fd], &out)) {
            case NONE: return;
            case REQUEST:
                send(fd, out.bytes, out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
                members_add(&members, (unsigned) fd);
                break;
            case MESSAGE: publish(fd); break;
            case CLOSE_FRAME: send(fd, out.bytes, out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
                /* fall through */
            case BAD: end(fd); return;
        }
    }
}

static void on_readable(int fd, uint32_t events) {
    (void) events;                      /* an end is read too */
    static char bytes[READ_BYTES];
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        end(fd);
        return;
    }
    append(&inputs[fd].in, bytes, (unsigned) n);
    on_bytes(fd);
}

int main(int argc, char **argv) {
    epoll_serve(argc, argv, &(struct epoll_loop) {
        .events = EPOLLIN,
        .open = open_inputs,
        .on_event = on_readable,
    });
}
