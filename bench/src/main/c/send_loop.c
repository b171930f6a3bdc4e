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
#include "topic.h"
#include <fcntl.h>
#include <sys/epoll.h>

#define EVENTS 256
#define READ_BYTES 65536

static struct input *inputs;            /* by descriptor */
static struct members members;
static struct out out;
static int epoll;

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

static void on_readable(int fd) {
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

static void accept_all(int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
            die("epoll_ctl: %s", strerror(errno));
    }
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        die("accept: %s", strerror(errno));
}

int main(int argc, char **argv) {
    const char *host = "127.0.0.1";
    int port = 0, option;
    unsigned files = (unsigned) raise_nofile();
    while ((option = getopt(argc, argv, "h:p:")) != -1) {
        if (option == 'h') host = optarg;
        else if (option == 'p') port = (int) number_option('p', optarg, 0, 65535);
        else exit(2);
    }
    inputs = calloc(files, sizeof *inputs);
    if (!inputs) die("no memory");
    members_open(&members, files);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(host, port);
    no_delay(listener);                 /* accepted sockets inherit it */
    fcntl(listener, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0)
        die("epoll: %s", strerror(errno));
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(epoll, events, EVENTS, -1);
        if (n < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener) accept_all(listener);
            else on_readable(events[i].data.fd);
        }
    }
}
