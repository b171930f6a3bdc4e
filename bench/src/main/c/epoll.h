/*
 * What the two programs on epoll share: a listener, a descriptor for each connection, and one loop
 * that tells of what happens on them. The hard limit of open files bounds the connections.
 */
#ifndef MOORING_BENCH_EPOLL_H
#define MOORING_BENCH_EPOLL_H

#include "common.h"
#include <fcntl.h>
#include <sys/epoll.h>

#define EVENTS 256
#define FILES_MAX (1u << 20)

struct epoll_loop {
    uint32_t events;                            /* what each connection waits for */
    void (*open)(unsigned files);               /* before all: descriptors are less than that */
    void (*on_event)(int fd, uint32_t events);  /* may close the descriptor */
};

static void epoll_add(int epoll, int fd, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
}

static void epoll_accept(int epoll, int listener, uint32_t events) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        epoll_add(epoll, fd, events);
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        die("accept: %s", strerror(errno));
}

/* Options: -h HOST, -p PORT. */
static void epoll_serve(int argc, char **argv, const struct epoll_loop *loop) {
    const char *host = "127.0.0.1";
    int port = 0, option;
    while ((option = getopt(argc, argv, "h:p:")) != -1) {
        if (option == 'h') host = optarg;
        else if (option == 'p') port = (int) number_option('p', optarg, 0, 65535);
        else exit(2);
    }
    loop->open((unsigned) limit_nofile(FILES_MAX));
    int epoll = epoll_create1(EPOLL_CLOEXEC), listener = listen_on(host, port);
    if (epoll < 0) die("epoll: %s", strerror(errno));
    no_delay(listener);                 /* accepted sockets inherit it */
    fcntl(listener, F_SETFL, O_NONBLOCK);
    epoll_add(epoll, listener, EPOLLIN);
    for (;;) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(epoll, events, EVENTS, -1);
        if (n < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener) epoll_accept(epoll, listener, loop->events);
            else loop->on_event(events[i].data.fd, events[i].events);
        }
    }
}

#endif
