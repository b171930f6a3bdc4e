/*
 * The load: N WebSockets that send masked binary messages to an echo path and check each answer.
 *
 *   echo_load -p PORT [-h HOST] [-u PATH] [-c CONNECTIONS] [-b BYTES] [-r RATE]
 *             [-w WARMUP_S] [-d SECONDS] [-t TICK_US] [-l LATE_US]
 *
 * -r RATE  messages a second over all connections, in turn, on a fixed schedule: message i is due
 *          at i / RATE whatever became of those before it (open loop). Latency counts from that
 *          time, so a stall is seen by all who would have met it; service time from the sending.
 *          Once a tick (100 us) it sends what is due and looks at the echoes that came: to wake for
 *          each of them would make the load dearer than the server. So times are known to a tick.
 * -r 0     closed loop: each connection keeps one message in flight, no tick.
 * Prints "measure-start" and "measure-end" as they happen, then one line of JSON. Messages due
 * within the window are measured; `late` are those sent more than LATE_US after they were due.
 *
 * A payload is: when it was due, 8 bytes of ns | how much later it was sent, 4 | its number on this
 * connection, 4 | a fixed pattern; the echo must match in every byte.
 */
#include "histogram.h"
#include "outbox.h"
#include <sys/prctl.h>

#define BYTES_MIN 16
#define BYTES_MAX (1 << 20)
#define CQ_ENTRIES 32768u
#define DRAIN_NS 5000000000ull

struct conn {
    struct outbox outbox;
    struct bytes in;                    /* an echo that is not whole yet */
    uint32_t sent, echoed;
    uint8_t broken;
};

static const char *host = "127.0.0.1", *path = "/echo";
static int port;
static unsigned conn_count = 500, payload_bytes = 64, frame_bytes, header_bytes;
static uint64_t rate = 50000, tick_ns, late_ns;

static struct uring ring;
static struct buffers buffers;
static struct conn *conns;
static struct deferred deferred;
static unsigned turn = 1;
static char *pattern;

/* Frames on their way: this turn's and the last one's. */
static char *frames[2];
static unsigned frames_used, frames_max;

static uint64_t start_at, window_at, end_at;    /* ns; the window is [window_at, end_at) */
static uint64_t scheduled, scheduled_max, in_flight;
static uint64_t sent, received, late, late_max, errors, window_echoes;
static struct histogram latency, service;

static uint32_t random_key(void) {
    static uint32_t x = 0x9E3779B9;
    x ^= x << 13, x ^= x >> 17, x ^= x << 5;
    return x;
}

static int measured(uint64_t due) {
    return due >= window_at && due < end_at;
}

static void put_header(uint8_t *frame, uint32_t key) {
    frame[0] = 0x82;
    if (header_bytes == 2) {
        frame[1] = (uint8_t) (128 | payload_bytes);
    } else if (header_bytes == 4) {
        frame[1] = 128 | 126;
        frame[2] = (uint8_t) (payload_bytes >> 8);
        frame[3] = (uint8_t) payload_bytes;
    } else {
        memset(frame + 1, 0, 9);
        frame[1] = 128 | 127;
        for (int i = 0; i < 4; i++) frame[6 + i] = (uint8_t) (payload_bytes >> (24 - 8 * i));
    }
    memcpy(frame + header_bytes, &key, 4);
}

static void send_message(unsigned slot, uint64_t due, uint64_t now) {
    struct conn *c = &conns[slot];
    if (measured(due)) {
        sent++;
        if (now - due > late_ns) late++;
        if (now - due > late_max) late_max = now - due;
    }
    if (c->broken) return;
    char *frame = frames[turn & 1] + (size_t) frames_used++ * frame_bytes;
    uint32_t key = random_key();
    put_header((uint8_t *) frame, key);
    char *payload = frame + header_bytes + 4;
    uint64_t slip = now - due, wide = (uint64_t) key << 32 | key, word;
    uint32_t slip32 = slip > UINT32_MAX ? UINT32_MAX : (uint32_t) slip, number = c->sent++;
    memcpy(payload, &due, 8);
    memcpy(payload + 8, &slip32, 4);
    memcpy(payload + 12, &number, 4);
    unsigned i = 0;
    for (; i + 8 <= payload_bytes; i += 8) {
        memcpy(&word, i < BYTES_MIN ? payload + i : pattern + i, 8);
        word ^= wide;
        memcpy(payload + i, &word, 8);
    }
    for (; i < payload_bytes; i++)
        payload[i] = (char) (pattern[i] ^ (char) (key >> 8 * (i & 3)));
    in_flight++;
    outbox_send(&ring, &c->outbox, &deferred, slot, turn, frame, frame_bytes, 1);
}

static void breaks(unsigned slot, const char *why) {
    struct conn *c = &conns[slot];
    if (c->broken) return;
    if (errors == 0) fprintf(stderr, "connection %u: %s\n", slot, why);
    c->broken = 1;
    in_flight -= c->sent - c->echoed;
    errors++;
}

static void on_echo(unsigned slot, const char *payload, uint64_t now) {
    struct conn *c = &conns[slot];
    uint64_t due;
    uint32_t slip, number;
    memcpy(&due, payload, 8);
    memcpy(&slip, payload + 8, 4);
    memcpy(&number, payload + 12, 4);
    if (number != c->echoed
            || memcmp(payload + BYTES_MIN, pattern + BYTES_MIN, payload_bytes - BYTES_MIN)) {
        breaks(slot, "an echo differs from what was sent, or is out of order");
        return;
    }
    c->echoed++;
    in_flight--;
    if (now >= window_at && now < end_at) window_echoes++;
    if (measured(due)) {
        received++;
        record(&latency, now - due);
        record(&service, now - due - slip);
    }
    if (!rate && now < end_at) send_message(slot, now, now);
}

/* The whole echoes at `bytes`; returns how much of them was read. */
static unsigned on_echoes(unsigned slot, const char *bytes, unsigned length, uint64_t now) {
    unsigned at = 0, whole = header_bytes + payload_bytes;
    while (at < length && !conns[slot].broken) {
        const uint8_t *frame = (const uint8_t *) bytes + at;
        unsigned left = length - at;
        if (left >= 2 && (frame[0] == 0x89 || frame[0] == 0x8A)) {  /* a ping: not what we time */
            if (left < 2u + frame[1]) break;
            at += 2u + frame[1];
            continue;
        }
        if (left < header_bytes) break;
        unsigned said = frame[1];
        if (said == 126) said = (unsigned) frame[2] << 8 | frame[3];
        else if (said == 127)
            said = (unsigned) frame[7] << 16 | (unsigned) frame[8] << 8 | frame[9];
        if (frame[0] != 0x82 || said != payload_bytes) {
            breaks(slot, "not the echo of a whole binary message");
            break;
        }
        if (left < whole) break;
        on_echo(slot, (const char *) frame + header_bytes, now);
        at += whole;
    }
    return at;
}

static void on_recv(unsigned slot, struct done done, uint64_t now) {
    struct conn *c = &conns[slot];
    if (done.flags & IORING_CQE_F_BUFFER) {
        unsigned id = done.flags >> IORING_CQE_BUFFER_SHIFT;
        char *bytes = buffer_at(&buffers, id);
        unsigned length = done.res > 0 ? (unsigned) done.res : 0;
        if (c->in.length) {
            append(&c->in, bytes, length);
            unsigned read = on_echoes(slot, c->in.at, c->in.length, now);
            c->in.length -= read;
            memmove(c->in.at, c->in.at + read, c->in.length);
        } else {
            unsigned read = on_echoes(slot, bytes, length, now);
            if (read < length && !c->broken) append(&c->in, bytes + read, length - read);
        }
        buffer_give(&buffers, id);
    }
    if (done.flags & IORING_CQE_F_MORE) return;
    if (done.res > 0 || done.res == -ENOBUFS)
        prep_recv_multishot(uring_sqe(&ring), slot, data_of(RECV, 0, slot));
    else
        breaks(slot, "closed by the server");
}

static void on_completion(struct done done, uint64_t now) {
    unsigned slot = (unsigned) done.data;
    struct outbox *o = &conns[slot].outbox;
    switch (op_of(done)) {
        case RECV:
            on_recv(slot, done, now);
            break;
        case SEND_NOW:
            if (!outbox_on_short(&ring, o, slot, done)) breaks(slot, "a send failed");
            break;
        case SEND_ALL:
            if (!outbox_on_sent(&ring, o, slot, done)) breaks(slot, "a send failed");
            break;
        default:
            break;
    }
}

static void open_all(void) {
    if (raise_nofile() < conn_count + 16)
        die("%u connections do not fit the hard limit of open files", conn_count);
    int *fds = calloc(conn_count, sizeof *fds);
    conns = calloc(conn_count, sizeof *conns);
    deferred.slots = calloc(2 * conn_count, sizeof *deferred.slots);
    frames_max = conn_count < 1024 ? 1024 : conn_count;
    for (int i = 0; i < 2; i++) frames[i] = malloc((size_t) frames_max * frame_bytes);
    pattern = malloc(payload_bytes);
    if (!fds || !conns || !deferred.slots || !frames[0] || !frames[1] || !pattern) die("no memory");
    for (unsigned i = 0; i < payload_bytes; i++) pattern[i] = (char) ('A' + i % 53);
    for (unsigned i = 0; i < conn_count; i++) {
        fds[i] = connect_nth(host, port, i);
        handshake(fds[i], host, port, path);
    }
    uring_open(&ring, 4096, CQ_ENTRIES);
    if (sys_register(&ring, IORING_REGISTER_FILES, fds, conn_count) < 0)
        die("register files: %s", strerror(errno));
    int big = frame_bytes > 2048;
    buffers_open(&buffers, &ring, big ? 1024 : 4096, big ? 16384 : 2048);
    for (unsigned i = 0; i < conn_count; i++)
        prep_recv_multishot(uring_sqe(&ring), i, data_of(RECV, 0, i));
    free(fds);
}

/* Sends what is due; returns the tick in which the next message is, or UINT64_MAX. */
static uint64_t send_due(uint64_t now) {
    while (scheduled < scheduled_max) {
        uint64_t due = start_at + scheduled * 1000000000ull / rate;
        if (due > now || frames_used == frames_max)
            return start_at + (due - start_at + tick_ns - 1) / tick_ns * tick_ns;
        send_message((unsigned) (scheduled++ % conn_count), due, now);
    }
    return UINT64_MAX;
}

/* Waits for the first echo, or in the open loop for the tick's end and whatever came by then. */
static void run_turn(uint64_t until) {
    uint64_t now = now_ns();
    if (rate && in_flight && until > now + tick_ns) until = now + tick_ns;
    int64_t timeout = until > now ? (int64_t) (until - now) : 0;
    unsigned wait = deferred.count || !timeout ? 0 : rate && in_flight ? CQ_ENTRIES : 1;
    uring_enter(&ring, wait, timeout);
    unsigned ready = uring_ready(&ring), before = deferred.count;
    turn++;
    frames_used = 0;
    now = now_ns();
    while (ready--) on_completion(uring_next(&ring), now);
    buffers_publish(&buffers);
    for (unsigned i = 0; i < before; i++)
        outbox_undefer(&ring, &conns[deferred.slots[i]].outbox, deferred.slots[i]);
    deferred_drop(&deferred, before);
}

static void say(const char *line) {
    puts(line);
    fflush(stdout);
}

static void report(uint64_t window_ns, uint64_t cpu) {
    printf("{\"mode\":\"%s\",\"connections\":%u,\"size\":%u,\"rate\":%llu,\"window_ns\":%llu,",
           rate ? "rate" : "closed", conn_count, payload_bytes, (unsigned long long) rate,
           (unsigned long long) window_ns);
    printf("\"sent\":%llu,\"received\":%llu,\"errors\":%llu,\"window_echoes\":%llu,",
           (unsigned long long) sent, (unsigned long long) received, (unsigned long long) errors,
           (unsigned long long) window_echoes);
    printf("\"late\":%llu,\"late_max_ns\":%llu,\"cpu_ns\":%llu,\"latency_ns\":",
           (unsigned long long) late, (unsigned long long) late_max, (unsigned long long) cpu);
    print_histogram(&latency);
    printf(",\"service_ns\":");
    print_histogram(&service);
    say("}");
}

static void run(double warmup_s, double window_s) {
    start_at = now_ns();
    window_at = start_at + (uint64_t) (warmup_s * 1e9);
    end_at = window_at + (uint64_t) (window_s * 1e9);
    scheduled_max = rate ? (uint64_t) ((double) rate * (warmup_s + window_s)) : 0;
    uint64_t cpu = 0, began = 0, ended = 0;
    if (!rate)
        for (unsigned i = 0; i < conn_count; i++) send_message(i, start_at, start_at);
    for (;;) {
        uint64_t now = now_ns(), until = rate ? send_due(now) : UINT64_MAX;
        if (!began && now >= window_at) {
            say("measure-start");
            cpu = cpu_ns();
            began = now;
        }
        if (!ended && now >= end_at) {
            cpu = cpu_ns() - cpu;
            say("measure-end");
            ended = now;
        }
        if (ended && (received == sent || now > end_at + DRAIN_NS)) break;
        uint64_t phase = !began ? window_at : !ended ? end_at : now + 10000000;
        run_turn(until < phase ? until : phase);
    }
    report(ended - began, cpu);
}

int main(int argc, char **argv) {
    double warmup_s = 5, window_s = 10;
    int option;
    tick_ns = 100000;
    late_ns = 1000000;
    while ((option = getopt(argc, argv, "h:p:u:c:b:r:w:d:t:l:")) != -1) {
        char o = (char) option;
        if (o == 'h') host = optarg;
        else if (o == 'p') port = (int) number_option(o, optarg, 1, 65535);
        else if (o == 'u') path = optarg;
        else if (o == 'c') conn_count = (unsigned) number_option(o, optarg, 1, 32768);
        else if (o == 'b')
            payload_bytes = (unsigned) number_option(o, optarg, BYTES_MIN, BYTES_MAX);
        else if (o == 'r') rate = (uint64_t) number_option(o, optarg, 0, 10000000);
        else if (o == 'w') warmup_s = atof(optarg);
        else if (o == 'd') window_s = atof(optarg);
        else if (o == 't') tick_ns = 1000ull * (uint64_t) number_option(o, optarg, 1, 1000000);
        else if (o == 'l') late_ns = 1000ull * (uint64_t) number_option(o, optarg, 1, 10000000);
        else exit(2);
    }
    if (!port) die("usage: echo_load -p PORT [-c CONNECTIONS] [-b BYTES] [-r RATE] ...");
    prctl(PR_SET_TIMERSLACK, 1);        /* the default of 50 us would make every send late */
    header_bytes = payload_bytes < 126 ? 2 : payload_bytes < 65536 ? 4 : 10;
    frame_bytes = header_bytes + 4 + payload_bytes;
    open_all();
    run(warmup_s, window_s);
    return 0;
}
