/*
 * The mark for Mooring's epoll engine: a bare, single-threaded WebSocket echo on edge-triggered
 * epoll.
 *
 *   epoll_echo [-h HOST] [-p PORT]
 *
 * Each connection is armed once, for both directions, and never again; it is read until there is
 * nothing more, and the echoes of one read go out by one send() straight from where they were read.
 * It has no limits, no time-outs, no UTF-8 check, no fragments' state, as uring_echo has none.
 */
#include "echo.h"
#include "epoll.h"

#define READ_BYTES 65536
#define ENDS (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

struct conn {
    struct bytes in;        /* a request or frame that is not whole yet */
    struct bytes out;       /* what the socket would not take */
    uint8_t upgraded, ended;
};

static struct conn *conns;              /* by descriptor */

static void open_conns(unsigned files) {
    conns = calloc(files, sizeof *conns);
    if (!conns) die("no memory");
}

static void end(struct conn *c, int fd) {
    release(&c->in);
    release(&c->out);
    *c = (struct conn) {0};
    close(fd);
}

static void send_bytes(struct conn *c, int fd, const char *bytes, unsigned length) {
    ssize_t sent = c->out.length ? 0 : send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) c->ended = 1;
    else if (sent < (ssize_t) length)
        append(&c->out, bytes + (sent < 0 ? 0 : sent), length - (unsigned) (sent < 0 ? 0 : sent));
}

static void on_writable(struct conn *c, int fd) {
    ssize_t sent = send(fd, c->out.at, c->out.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == (ssize_t) c->out.length) release(&c->out);
    else if (sent > 0) drop(&c->out, (unsigned) sent);
    else if (sent < 0 && errno != EAGAIN) release(&c->out), c->ended = 1;
}

/* Returns the bytes read. */
static unsigned on_frames(struct conn *c, int fd, char *bytes, unsigned length) {
    unsigned echoed = 0;
    int bad = 0;
    unsigned read = echo_frames(bytes, length, &echoed, &bad);
    if (echoed) send_bytes(c, fd, bytes + ECHO_AT, echoed);
    if (bad) c->ended = 1;
    return read;
}

static void on_request(struct conn *c, int fd, const char *bytes, unsigned length) {
    char answer[ANSWER_MAX];
    int n = take_request(&c->in, bytes, length, answer);
    if (n < 0) c->ended = 1;
    if (n <= 0) return;
    send_bytes(c, fd, answer, (unsigned) n);
    c->upgraded = 1;
}

static void on_bytes(struct conn *c, int fd, char *bytes, unsigned length) {
    if (!c->upgraded) {
        on_request(c, fd, bytes, length);
        if (!c->upgraded || !c->in.length) return;
    } else if (c->in.length) {
        append(&c->in, bytes, length);
    } else {
        unsigned read = on_frames(c, fd, bytes, length);
        if (read < length) append(&c->in, bytes + read, length - read);
        return;
    }
    drop(&c->in, on_frames(c, fd, c->in.at, c->in.length));
}

/*
 * Edge-triggered: until there is no more. A read that brought less than there was room for has
 * brought all; but of an end that came with the last bytes nothing else will tell.
 */
static void on_readable(struct conn *c, int fd, uint32_t events) {
    static char bytes[READ_BYTES];
    ssize_t n;
    do {
        n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n > 0) on_bytes(c, fd, bytes, (unsigned) n);
    } while (!c->ended && n > 0 && (n == sizeof bytes || events & ENDS));
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) c->ended = 1;
}

static void on_event(int fd, uint32_t events) {
    struct conn *c = &conns[fd];
    if (events & EPOLLOUT && c->out.length) on_writable(c, fd);
    if (!c->ended && events & ~(uint32_t) EPOLLOUT) on_readable(c, fd, events);
    /* A last word waits for room, unless there is nobody to read it. */
    if (c->ended && (!c->out.length || events & (EPOLLHUP | EPOLLERR))) end(c, fd);
}

int main(int argc, char **argv) {
    epoll_serve(argc, argv, &(struct epoll_loop) {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .open = open_conns,
        .on_event = on_event,
    });
}
