/*
 * The mark for Mooring's broadcast: the same as send_loop.c on io_uring by raw system calls.
 *
 *   uring_broadcast [-h HOST] [-p PORT] [-q ENTRIES]
 *
 * Direct descriptors, multishot accept and RECV, one buffer ring; a message is one SEND a member
 * that ends inside enter and posts nothing, ENTRIES (256) of them a system call. Whoever does not
 * take a message whole is cut.
 */
#include "outbox.h"
#include "topic.h"

#define BUFFERS 1024u
#define BUFFER_SIZE 2048u
#define CQ_ENTRIES 16384u
#define SLOTS_MAX 32768u

static struct uring ring;
static struct buffers buffers;
struct conn {
    struct input input;
    uint8_t shutting;       /* a SHUTDOWN is on its way: it finds its slot late, so no CLOSE yet */
    uint8_t ended;          /* RECV has ended */
};

static struct conn *conns;              /* by slot */
static struct members members;
static struct out out;

/* Once enter has returned, the bytes of a send that cannot wait are free. */
static void submit_sends(void) {
    while (uring_queued(&ring)) uring_enter(&ring, 0, -1);
}

static void send_to(unsigned slot) {
    prep_send(&ring, slot, out.bytes, out.length, 1, 0);
}

static void publish(unsigned from) {
    for (unsigned i = 0; i < members.count; i++) {
        if (members.ids[i] != from) send_to(members.ids[i]);
    }
    submit_sends();
}

static void shut_down(unsigned slot) {
    if (conns[slot].shutting || conns[slot].ended) return;
    conns[slot].shutting = 1;
    struct io_uring_sqe *sqe = uring_sqe(&ring);
    sqe->opcode = IORING_OP_SHUTDOWN;
    sqe->fd = (int) slot;
    sqe->len = SHUT_RDWR;
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->user_data = data_of(SHUTDOWN, 0, slot);
}

static void arm_recv(unsigned slot) {
    prep_recv_multishot(uring_sqe(&ring), slot, data_of(RECV, 0, slot));
}

static void end(unsigned slot) {
    struct conn *c = &conns[slot];
    if (!c->ended && c->input.upgraded) members_remove(&members, slot);
    c->ended = 1;
    if (c->shutting) return;
    release(&c->input.in);
    *c = (struct conn) {0};
    struct io_uring_sqe *sqe = uring_sqe(&ring);
    sqe->opcode = IORING_OP_CLOSE;
    sqe->file_index = slot + 1;
    sqe->user_data = data_of(CLOSE, 0, slot);
}

static void on_bytes(unsigned slot) {
    for (;;) {
        switch (input_next(&conns[slot].input, &out)) {
            case NONE: return;
            case REQUEST:
                send_to(slot);
                submit_sends();
                members_add(&members, slot);
                break;
            case MESSAGE: publish(slot); break;
            case CLOSE_FRAME:
                send_to(slot);
                submit_sends(); /* fall through */
            case BAD: shut_down(slot); return;
        }
    }
}

static void on_recv(unsigned slot, struct done done) {
    if (done.flags & IORING_CQE_F_BUFFER) {
        unsigned id = done.flags >> IORING_CQE_BUFFER_SHIFT;
        if (done.res > 0)
            append(&conns[slot].input.in, buffer_at(&buffers, id), (unsigned) done.res);
        buffer_give(&buffers, id);
        buffers_publish(&buffers);
        if (done.res > 0) on_bytes(slot);
    }
    if (done.flags & IORING_CQE_F_MORE) return;
    if (done.res > 0 || done.res == -ENOBUFS) arm_recv(slot);
    else end(slot);
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
        case SEND_NOW: /* of a broken connection RECV tells */
            if (done.res >= 0 || done.res == -EAGAIN) shut_down(slot);
            break;
        case SHUTDOWN:
            conns[slot].shutting = 0;
            if (conns[slot].ended) end(slot);
            break;
        default: break;
    }
}

int main(int argc, char **argv) {
    const char *host = "127.0.0.1";
    int port = 0, option;
    unsigned slots = (unsigned) raise_nofile(), entries = 256;
    if (slots > SLOTS_MAX) slots = SLOTS_MAX;
    while ((option = getopt(argc, argv, "h:p:q:")) != -1) {
        if (option == 'h') host = optarg;
        else if (option == 'p') port = (int) number_option('p', optarg, 0, 65535);
        else if (option == 'q') entries = (unsigned) number_option('q', optarg, 16, 32768);
        else exit(2);
    }
    conns = calloc(slots, sizeof *conns);
    if (!conns) die("no memory");
    members_open(&members, slots);
    uring_open(&ring, entries, CQ_ENTRIES);
    struct io_uring_rsrc_register table = {.nr = slots, .flags = IORING_RSRC_REGISTER_SPARSE};
    if (sys_register(&ring, IORING_REGISTER_FILES2, &table, sizeof table) < 0)
        die("register files: %s", strerror(errno));
    buffers_open(&buffers, &ring, BUFFERS, BUFFER_SIZE);
    int listener = listen_on(host, port);
    no_delay(listener);                 /* accepted sockets inherit it */
    arm_accept(&ring, listener, data_of(ACCEPT, 0, 0));
    for (;;) {
        uring_enter(&ring, 1, -1);
        for (unsigned ready = uring_ready(&ring); ready--;)
            on_completion(listener, uring_next(&ring));
    }
}
