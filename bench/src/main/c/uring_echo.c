/*
 * The mark for Mooring: a bare, single-threaded WebSocket echo on io_uring by raw system calls.
 *
 *   uring_echo [-h HOST] [-p PORT] [-t SLOTS]
 *
 * Direct descriptors, multishot accept and RECV, one buffer ring, echo in place in the receive
 * buffer, SEND that ends inside enter and posts nothing. It has no limits, no time-outs, no UTF-8
 * check, no fragments' state: what a full server does besides is what it does more than this.
 * Frames that arrive split are put together in a buffer of the connection, unsent bytes too.
 */
#include "outbox.h"
#include "ws_accept.h"

#define BUFFERS 4096u
#define BUFFER_SIZE 2048u
#define CQ_ENTRIES 16384u
#define FRAME_MAX (16u << 20)

struct conn {
    struct outbox outbox;
    struct bytes in;        /* a request or frame that is not whole yet */
    uint8_t upgraded, ended;
};

static struct uring ring;
static struct buffers buffers;
static struct conn *conns;
static struct deferred deferred;
static unsigned turn = 1;

/* A receive buffer may hold an echo on its way, so it goes back at the end of the next turn. */
static unsigned used[2][BUFFERS], used_count[2];

static void arm_recv(unsigned slot) {
    prep_recv_multishot(uring_sqe(&ring), slot, data_of(RECV, 0, slot));
}

static void shut_down(unsigned slot) {
    struct io_uring_sqe *sqe = uring_sqe(&ring);
    sqe->opcode = IORING_OP_SHUTDOWN;
    sqe->fd = (int) slot;
    sqe->len = SHUT_RDWR;
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->user_data = data_of(SHUTDOWN, 0, slot);
}

static void close_slot(unsigned slot) {
    struct io_uring_sqe *sqe = uring_sqe(&ring);
    sqe->opcode = IORING_OP_CLOSE;
    sqe->file_index = slot + 1;
    sqe->user_data = data_of(CLOSE, 0, slot);
    struct conn *c = &conns[slot];
    release(&c->in);
    outbox_release(&c->outbox);
    memset(c, 0, sizeof *c);
}

/* dst == src, or at least 4 bytes before it: each word is read before it is written over. */
static void unmask(char *dst, const char *src, size_t length, uint32_t key) {
    uint64_t wide = (uint64_t) key << 32 | key, word;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, src + i, 8);
        word ^= wide;
        memcpy(dst + i, &word, 8);
    }
    for (; i < length; i++) dst[i] = (char) (src[i] ^ (char) (key >> 8 * (i & 3)));
}

/*
 * Turns the whole frames at `bytes` into echoes, in place and packed, from bytes + 4 on.
 * Returns the bytes read; *echoed is the length of the echoes; *bad tells a broken or closing peer.
 */
static unsigned echo_frames(char *bytes, unsigned length, unsigned *echoed, int *bad) {
    unsigned at = 0;
    char *out = bytes + 4;
    while (length - at >= 6) {
        uint8_t *frame = (uint8_t *) bytes + at;
        unsigned header = 2, payload = frame[1] & 127u, opcode = frame[0] & 15u;
        if (payload == 126) {
            header = 4;
            payload = (unsigned) frame[2] << 8 | frame[3];
        } else if (payload == 127) {
            header = 10;
            if (length - at < 14) break;
            payload = (unsigned) frame[6] << 24 | (unsigned) frame[7] << 16
                    | (unsigned) frame[8] << 8 | frame[9];
        }
        if (!(frame[1] & 128) || payload > FRAME_MAX) {
            *bad = 1;
            break;
        }
        if (length - at < header + 4 + payload) break;
        uint32_t key;
        memcpy(&key, frame + header, 4);
        memmove(out, frame, header);
        out[0] = (char) (opcode == 9 ? (frame[0] & 0xF0) | 10 : frame[0]);
        out[1] = (char) (out[1] & 127);
        unmask(out + header, (char *) frame + header + 4, payload, key);
        at += header + 4 + payload;
        if (opcode != 10) out += header + payload;
        if (opcode == 8) {
            *bad = 1;
            break;
        }
    }
    *echoed = (unsigned) (out - (bytes + 4));
    return at;
}

static void on_frames(struct conn *c, unsigned slot, char *bytes, unsigned length, int in_buffer) {
    unsigned echoed = 0;
    int bad = 0;
    unsigned read = echo_frames(bytes, length, &echoed, &bad);
    if (echoed)
        outbox_send(&ring, &c->outbox, &deferred, slot, turn, bytes + 4, echoed, in_buffer);
    if (bad) {
        shut_down(slot);
    } else if (in_buffer) {
        if (read < length) append(&c->in, bytes + read, length - read);
    } else {
        c->in.length -= read;
        memmove(c->in.at, c->in.at + read, c->in.length);
    }
}

static void on_request(struct conn *c, unsigned slot, const char *bytes, unsigned length) {
    char answer[256];
    append(&c->in, bytes, length);
    append(&c->in, "", 1);
    c->in.length--;
    char *end = strstr(c->in.at, "\r\n\r\n");
    if (!end && c->in.length < 8192) return;
    int n = end ? ws_answer(c->in.at, answer) : 0;
    if (!n) {
        shut_down(slot);
        return;
    }
    outbox_send(&ring, &c->outbox, &deferred, slot, turn, answer, (unsigned) n, 0);
    c->upgraded = 1;
    unsigned rest = c->in.length - (unsigned) (end + 4 - c->in.at);
    memmove(c->in.at, end + 4, rest);
    c->in.length = rest;
    if (rest) on_frames(c, slot, c->in.at, rest, 0);
    else release(&c->in);
}

static void on_bytes(struct conn *c, unsigned slot, char *bytes, unsigned length) {
    if (!c->upgraded) {
        on_request(c, slot, bytes, length);
    } else if (c->in.length) {
        append(&c->in, bytes, length);
        on_frames(c, slot, c->in.at, c->in.length, 0);
    } else {
        on_frames(c, slot, bytes, length, 1);
    }
}

static void on_recv(unsigned slot, struct done done) {
    struct conn *c = &conns[slot];
    if (done.flags & IORING_CQE_F_BUFFER) {
        unsigned id = done.flags >> IORING_CQE_BUFFER_SHIFT;
        used[turn & 1][used_count[turn & 1]++] = id;
        if (done.res > 0) on_bytes(c, slot, buffer_at(&buffers, id), (unsigned) done.res);
    }
    if (done.flags & IORING_CQE_F_MORE) return;
    if (done.res > 0 || done.res == -ENOBUFS) {
        arm_recv(slot);
        return;
    }
    c->ended = 1;
    if (c->outbox.sending) shut_down(slot);
    else close_slot(slot);
}

static void on_short_send(unsigned slot, struct done done) {
    struct conn *c = &conns[slot];
    if (!c->upgraded || c->ended) return;
    if (!outbox_on_short(&ring, &c->outbox, slot, done)) shut_down(slot);
}

static void on_sent_all(unsigned slot, struct done done) {
    struct conn *c = &conns[slot];
    if (!outbox_on_sent(&ring, &c->outbox, slot, done) && !c->ended) shut_down(slot);
    if (c->ended && !c->outbox.sending) close_slot(slot);
}

static void on_accept(int listener, struct done done) {
    int slot = accepted(&ring, listener, done);
    if (slot >= 0) arm_recv((unsigned) slot);
}

static void on_completion(int listener, struct done done) {
    unsigned slot = (unsigned) done.data;
    switch (op_of(done)) {
        case ACCEPT: on_accept(listener, done); break;
        case RECV: on_recv(slot, done); break;
        case SEND_NOW: on_short_send(slot, done); break;
        case SEND_ALL: on_sent_all(slot, done); break;
        default: break;
    }
}

static void give_back(unsigned which) {
    for (unsigned i = 0; i < used_count[which]; i++) buffer_give(&buffers, used[which][i]);
    used_count[which] = 0;
    buffers_publish(&buffers);
}

static void run_turn(int listener) {
    uring_enter(&ring, deferred.count ? 0 : 1, -1);
    unsigned ready = uring_ready(&ring), before = deferred.count;
    turn++;
    while (ready--) on_completion(listener, uring_next(&ring));
    give_back((turn - 1) & 1);
    for (unsigned i = 0; i < before; i++)
        outbox_undefer(&ring, &conns[deferred.slots[i]].outbox, deferred.slots[i]);
    deferred_drop(&deferred, before);
}

int main(int argc, char **argv) {
    const char *host = "127.0.0.1";
    int port = 0, option;
    unsigned slots = (unsigned) raise_nofile();
    if (slots > 32768) slots = 32768;
    while ((option = getopt(argc, argv, "h:p:t:")) != -1) {
        if (option == 'h') host = optarg;
        else if (option == 'p') port = (int) number_option('p', optarg, 0, 65535);
        else if (option == 't') slots = (unsigned) number_option('t', optarg, 1, slots);
        else exit(2);
    }
    conns = calloc(slots, sizeof *conns);
    deferred.slots = calloc(2 * slots, sizeof *deferred.slots);
    if (!conns || !deferred.slots) die("no memory");
    uring_open(&ring, 4096, CQ_ENTRIES);
    struct io_uring_rsrc_register table = {.nr = slots, .flags = IORING_RSRC_REGISTER_SPARSE};
    if (sys_register(&ring, IORING_REGISTER_FILES2, &table, sizeof table) < 0)
        die("register files: %s", strerror(errno));
    buffers_open(&buffers, &ring, BUFFERS, BUFFER_SIZE);
    int listener = listen_on(host, port);
    no_delay(listener);                 /* accepted sockets inherit it */
    arm_accept(&ring, listener, data_of(ACCEPT, 0, 0));
    for (;;) run_turn(listener);
}
