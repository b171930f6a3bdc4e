/*
 * What the bench's small C programs share: errors, time, limits, numbers, addresses and the
 * client's side of the WebSocket handshake. libc only; every function is static.
 */
#ifndef MOORING_BENCH_COMMON_H
#define MOORING_BENCH_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* connect() searches for a free source port; past this many to one destination it gets slow. */
#define PER_DESTINATION 3000
#define CONNECT_TIMEOUT_S 20

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static inline uint64_t now_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t) ts.tv_sec * 1000000000ull + (uint64_t) ts.tv_nsec;
}

static inline uint64_t cpu_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (uint64_t) ts.tv_sec * 1000000000ull + (uint64_t) ts.tv_nsec;
}

/* Makes the soft limit the hard one, `most` at most, and returns it. */
static inline uint64_t limit_nofile(uint64_t most) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) die("getrlimit: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max < most ? limit.rlim_max : most;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) die("setrlimit NOFILE: %s", strerror(errno));
    return limit.rlim_cur;
}

/* Raises the soft limit to the hard one and returns it. */
static inline uint64_t raise_nofile(void) {
    return limit_nofile(UINT64_MAX);
}

/* A whole number from the command line, or the end of the program with the option's name. */
static inline long number_option(char option, const char *text, long min, long max) {
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < min || value > max) {
        fprintf(stderr, "option -%c: '%s' is not a number from %ld to %ld\n",
                option, text, min, max);
        exit(2);
    }
    return value;
}

static inline void no_delay(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* A bound, listening IPv4 socket; prints "listening on port P" once it is. */
static inline int listen_on(const char *host, int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) die("socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t) port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("not an IPv4 address: %s", host);
    if (bind(fd, (struct sockaddr *) &address, sizeof address) < 0)
        die("bind %s:%d: %s", host, port, strerror(errno));
    if (listen(fd, 4096) < 0) die("listen: %s", strerror(errno));
    socklen_t length = sizeof address;
    getsockname(fd, (struct sockaddr *) &address, &length);
    printf("listening on port %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

/* Connection number `index` to host:port; on 127.x the load is spread over 127.0.0.1, .2, ... */
static inline int connect_nth(const char *host, int port, long index) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t) port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("not an IPv4 address: %s", host);
    uint32_t ip = ntohl(address.sin_addr.s_addr);
    if (ip >> 24 == 127) address.sin_addr.s_addr = htonl(ip + (uint32_t)(index / PER_DESTINATION));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket %ld: %s (raise the hard limit of open files)", index, strerror(errno));
    struct timeval timeout = {.tv_sec = CONNECT_TIMEOUT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    no_delay(fd);
    if (connect(fd, (struct sockaddr *) &address, sizeof address) < 0)
        die("connect %ld: %s", index, strerror(errno));
    return fd;
}

/* RFC 6455 section 1.3's own example of a key and its answer. */
#define WS_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* The client's request in `to`; returns its length. */
static inline int request_text(char *to, size_t size, const char *host, int port,
                               const char *path) {
    int length = snprintf(to, size,
            "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: " WS_KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n",
            path, host, port);
    if (length < 0 || (size_t) length >= size) die("the path is too long");
    return length;
}

/* The client's handshake on a blocking socket: returns when the 101 has been read and checked. */
static inline void handshake(int fd, const char *host, int port, const char *path) {
    char request[512], answer[2048];
    int length = request_text(request, sizeof request, host, port, path);
    if (send(fd, request, (size_t) length, MSG_NOSIGNAL) != length)
        die("handshake: send: %s", strerror(errno));
    size_t have = 0;
    do {
        ssize_t n = recv(fd, answer + have, sizeof answer - 1 - have, 0);
        if (n < 0) die("handshake: no answer: %s", strerror(errno));
        if (n == 0) die("handshake: the server closed the connection");
        have += (size_t) n;
        answer[have] = 0;
    } while (!strstr(answer, "\r\n\r\n") && have < sizeof answer - 1);
    if (strncmp(answer, "HTTP/1.1 101", 12)) die("handshake: refused: %.60s", answer);
    if (!strstr(answer, WS_ACCEPT)) die("handshake: wrong Sec-WebSocket-Accept");
    if (strcmp(strstr(answer, "\r\n\r\n"), "\r\n\r\n")) die("handshake: bytes after the answer");
}

#endif
