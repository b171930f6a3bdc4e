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
#include "echo.h"
#include "outbox.h"

#define BUFFERS 4096u
#define BUFFER_SIZE 2048u
#define CQ_ENTRIES 16384u

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

static void on_frames(struct conn *c, unsigned slot, char *bytes, unsigned length, int in_buffer) {
    unsigned echoed = 0;
    int bad = 0;
    unsigned read = echo_frames(bytes, length, &echoed, &bad);
    if (echoed)
        outbox_send(&ring, &c->outbox, &deferred, slot, turn, bytes + ECHO_AT, echoed, in_buffer);
    if (bad) {
        shut_down(slot);
    } else if (in_buffer) {
        if (read < length) append(&c->in, bytes + read, length - read);
    } else {
        drop(&c->in, read);
    }
}

static void on_request(struct conn *c, unsigned slot, const char *bytes, unsigned length) {
    char answer[ANSWER_MAX];
    int n = take_request(&c->in, bytes, length, answer);
    if (n < 0) shut_down(slot);
    if (n <= 0) return;
    outbox_send(&ring, &c->outbox, &deferred, slot, turn, answer, (unsigned) n, 0);
    c->upgraded = 1;
    if (c->in.length) on_frames(c, slot, c->in.at, c->in.length, 0);
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
