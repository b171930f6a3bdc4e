/*
 * The load of `connect`: WebSockets that come and go.
 *
 *   connect_load -p PORT [-h HOST] [-u PATH] [-n CONNECTIONS] [-r RATE] [-c PIPELINE]
 *                [-w CYCLES] [-k CYCLES]
 *
 * A cycle opens CONNECTIONS, each with its handshake, and when all are open ends them, each with
 * the closing handshake: our close frame, the server's, and then the server closes first, as RFC
 * 6455 section 7.1.1 wants it. So TIME_WAIT is the server's, our ports are free at once, and nobody
 * is reset, which would spare the server work. At most PIPELINE are under way at a time.
 *
 * -r RATE  begins so many a second on a fixed schedule (0: as many as the pipeline holds). One that
 *          begins more than 10 ms after its time is late: then the pipeline was full, or we were.
 * -w, -k   cycles that are not measured, and then those that are.
 * Prints "open", "close" and "end" when a measured cycle enters that part, then one line of JSON.
 */
#include "histogram.h"
#include <sys/epoll.h>
#include <sys/prctl.h>

#define ANSWER_MAX 1024
#define EVENTS 256
#define LATE_NS 10000000ull
#define SILENCE_NS 10000000000ull

enum state { FREE, SHAKING, OPEN, CLOSING, AGREED };

struct conn {
    int fd;
    enum state state;
    unsigned have;
    uint64_t began;
    char answer[ANSWER_MAX];
};

static const char *host = "127.0.0.1", *path = "/echo";
static int port, epoll;
static unsigned conn_count = 5000, pipeline = 64;
static uint64_t rate = 4000;
static struct conn *conns;
static char request[512];
static int request_bytes;

static unsigned in_flight, finished;
static int measured;
static uint64_t opened, closed, errors, late, heard_at;
static struct histogram opening, closing;

/* Status 1000; a key of zeros is a key. */
static const char close_frame[] = {(char) 0x88, (char) 0x82, 0, 0, 0, 0, 3, (char) 0xE8};

static void gone(struct conn *c, const char *why) {
    if (why && errors++ == 0) fprintf(stderr, "connection %ld: %s\n", (long) (c - conns), why);
    close(c->fd);
    c->state = FREE;
    in_flight--;
    finished++;
}

static void begin_opening(unsigned i, uint64_t now) {
    struct conn *c = &conns[i];
    c->began = now;
    c->have = 0;
    c->state = SHAKING;
    c->fd = connect_nth(host, port, i);     /* the kernel's own part: the server need not run */
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
    in_flight++;
    if (send(c->fd, request, (size_t) request_bytes, MSG_NOSIGNAL) != request_bytes)
        gone(c, "the request could not be sent");
}

static void begin_closing(unsigned i, uint64_t now) {
    struct conn *c = &conns[i];
    if (c->state == FREE) {                 /* it never opened: an error already */
        finished++;
        return;
    }
    c->began = now;
    c->have = 0;
    c->state = CLOSING;
    in_flight++;
    if (send(c->fd, close_frame, sizeof close_frame, MSG_NOSIGNAL) != sizeof close_frame)
        gone(c, "the close frame could not be sent");
}

static void on_opening(struct conn *c, uint64_t now) {
    c->answer[c->have] = 0;
    char *end = strstr(c->answer, "\r\n\r\n");
    if (!end && c->have < ANSWER_MAX - 1) return;
    if (!end || strncmp(c->answer, "HTTP/1.1 101", 12) || !strstr(c->answer, WS_ACCEPT)) {
        gone(c, "the handshake was refused");
    } else if (end[4]) {
        gone(c, "bytes after the handshake");
    } else {
        c->state = OPEN;
        in_flight--;
        finished++;
        if (measured) opened++, record(&opening, now - c->began);
    }
}

static void on_closing(struct conn *c) {
    if ((uint8_t) c->answer[0] != 0x88) {
        gone(c, "not a close frame");
    } else if (c->have >= 2 && c->have > 2u + (uint8_t) c->answer[1]) {
        gone(c, "bytes after the close frame");
    } else if (c->have >= 2 && c->have == 2u + (uint8_t) c->answer[1]) {
        c->state = AGREED;
    }
}

static void on_end(struct conn *c, uint64_t now) {
    if (c->state != AGREED) {
        gone(c, "closed by the server before the close frame");
        return;
    }
    if (measured) closed++, record(&closing, now - c->began);
    gone(c, NULL);
}

static void on_readable(struct conn *c, uint64_t now) {
    heard_at = now;
    ssize_t n = recv(c->fd, c->answer + c->have, ANSWER_MAX - 1 - c->have, MSG_DONTWAIT);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) gone(c, strerror(errno));
    } else if (c->state == OPEN) {
        die("the server ended or wrote to a silent connection");
    } else if (n == 0) {
        on_end(c, now);
    } else {
        c->have += (unsigned) n;
        if (c->state == SHAKING) on_opening(c, now);
        else on_closing(c);
    }
}

static void wait_for_events(int timeout_ms) {
    struct epoll_event events[EVENTS];
    int n = epoll_wait(epoll, events, EVENTS, timeout_ms);
    if (n < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
    uint64_t now = now_ns();
    for (int i = 0; i < n; i++) on_readable(&conns[events[i].data.u32], now);
    if (in_flight && now - heard_at > SILENCE_NS)
        die("%u connections have had no answer for 10 s", in_flight);
}

/* All connections, each at its time; returns how long it took. */
static uint64_t run_part(void (*begin)(unsigned, uint64_t)) {
    uint64_t start = now_ns();
    unsigned begun = 0;
    finished = 0;
    heard_at = start;
    while (finished < conn_count) {
        uint64_t now = now_ns();
        while (begun < conn_count && in_flight < pipeline) {
            uint64_t due = rate ? start + begun * 1000000000ull / rate : now;
            if (due > now) break;
            if (measured && now - due > LATE_NS) late++;
            begin(begun++, now);
            now = now_ns();
        }
        if (!in_flight) heard_at = now;
        wait_for_events(begun < conn_count && in_flight < pipeline ? 1 : 100);
    }
    return now_ns() - start;
}

static void say(const char *line) {
    if (!measured) return;
    puts(line);
    fflush(stdout);
}

static void report(uint64_t open_ns, uint64_t close_ns, uint64_t cpu) {
    printf("{\"opened\":%llu,\"closed\":%llu,\"errors\":%llu,\"late\":%llu,\"open_ns\":%llu,"
           "\"close_ns\":%llu,\"cpu_ns\":%llu,\"opening_ns\":",
           (unsigned long long) opened, (unsigned long long) closed, (unsigned long long) errors,
           (unsigned long long) late, (unsigned long long) open_ns, (unsigned long long) close_ns,
           (unsigned long long) cpu);
    print_histogram(&opening);
    printf(",\"closing_ns\":");
    print_histogram(&closing);
    printf("}\n");
}

int main(int argc, char **argv) {
    unsigned warmups = 1, cycles = 3;
    int option;
    while ((option = getopt(argc, argv, "h:p:u:n:r:c:w:k:")) != -1) {
        char o = (char) option;
        if (o == 'h') host = optarg;
        else if (o == 'p') port = (int) number_option(o, optarg, 1, 65535);
        else if (o == 'u') path = optarg;
        else if (o == 'n') conn_count = (unsigned) number_option(o, optarg, 1, 1000000);
        else if (o == 'r') rate = (uint64_t) number_option(o, optarg, 0, 1000000);
        else if (o == 'c') pipeline = (unsigned) number_option(o, optarg, 1, 4096);
        else if (o == 'w') warmups = (unsigned) number_option(o, optarg, 0, 1000);
        else if (o == 'k') cycles = (unsigned) number_option(o, optarg, 1, 1000);
        else exit(2);
    }
    if (!port) die("usage: connect_load -p PORT [-n CONNECTIONS] [-r RATE] [-c PIPELINE] ...");
    if (raise_nofile() < conn_count + 16)
        die("%u connections do not fit the hard limit of open files", conn_count);
    prctl(PR_SET_TIMERSLACK, 1);
    request_bytes = request_text(request, sizeof request, host, port, path);
    conns = calloc(conn_count, sizeof *conns);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!conns || epoll < 0) die("no memory");
    uint64_t open_ns = 0, close_ns = 0, cpu = 0;
    for (unsigned i = 0; i < warmups + cycles; i++) {
        measured = i >= warmups;
        if (i == warmups) cpu = cpu_ns();
        say("open");
        uint64_t took = run_part(begin_opening);
        if (measured) open_ns += took;
        say("close");
        took = run_part(begin_closing);
        if (measured) close_ns += took;
        say("end");
    }
    report(open_ns, close_ns, cpu_ns() - cpu);
    return 0;
}
