/*
 * Sending in order on io_uring: at most one SEND per connection and turn.
 *
 * A turn's first bytes go out by SEND_NOW, straight from where they are: MSG_DONTWAIT makes it end
 * inside enter, and with CQE_SKIP_SUCCESS it posts nothing when all went out. What the socket did
 * not take, and what comes after it, is copied and waits in the kernel by SEND_ALL.
 */
#ifndef MOORING_BENCH_OUTBOX_H
#define MOORING_BENCH_OUTBOX_H

#include "bytes.h"
#include "uring.h"

/* user_data = operation 8 | turn 24 | slot 32 */
enum { SEND_NOW = 1, SEND_ALL, ACCEPT, RECV, SHUTDOWN, CLOSE };

struct outbox {
    struct bytes out;       /* in the kernel, by SEND_ALL, while `sending` */
    struct bytes next;      /* to be sent after it */
    const char *now;        /* the last SEND_NOW; its bytes stay for the turn that follows */
    unsigned now_length, now_turn;
    unsigned char sending, deferred;
};

/* Slots whose `next` waits for the outcome of this turn's SEND_NOW. */
struct deferred {
    unsigned *slots, count;
};

static inline uint64_t data_of(unsigned op, unsigned turn, unsigned slot) {
    return (uint64_t) op << 56 | (uint64_t) (turn & 0xFFFFFF) << 32 | slot;
}

static inline unsigned op_of(struct done done) {
    return (unsigned) (done.data >> 56);
}

static void prep_send(struct uring *u, unsigned slot, const char *bytes, unsigned length,
                      int now, unsigned turn) {
    struct io_uring_sqe *sqe = uring_sqe(u);
    sqe->opcode = IORING_OP_SEND;
    sqe->fd = (int) slot;
    sqe->addr = (uint64_t) (uintptr_t) bytes;
    sqe->len = length;
    sqe->msg_flags = MSG_WAITALL | MSG_NOSIGNAL | (now ? MSG_DONTWAIT : 0);
    sqe->flags = (uint8_t) (IOSQE_FIXED_FILE | (now ? IOSQE_CQE_SKIP_SUCCESS : 0));
    sqe->user_data = data_of(now ? SEND_NOW : SEND_ALL, turn, slot);
}

static void send_next(struct uring *u, struct outbox *o, unsigned slot) {
    release(&o->out);
    o->out = o->next;
    o->next = (struct bytes) {0};
    o->sending = 1;
    prep_send(u, slot, o->out.at, o->out.length, 0, 0);
}

/* `stable` bytes stay where they are until the end of the next turn; others are copied. */
static inline void outbox_send(struct uring *u, struct outbox *o, struct deferred *d, unsigned slot,
                               unsigned turn, const char *bytes, unsigned length, int stable) {
    if (stable && !o->sending && !o->deferred && o->now_turn != turn) {
        o->now = bytes;
        o->now_length = length;
        o->now_turn = turn;
        prep_send(u, slot, bytes, length, 1, turn);
        return;
    }
    append(&o->next, bytes, length);
    if (!o->sending && !o->deferred) {
        o->deferred = 1;
        d->slots[d->count++] = slot;
    }
}

/* A SEND_NOW that the socket's buffer could not take whole; false: the connection is broken. */
static int outbox_on_short(struct uring *u, struct outbox *o, unsigned slot, struct done done) {
    if (done.res < 0 && done.res != -EAGAIN) return 0;
    if ((done.data >> 32 & 0xFFFFFF) != (o->now_turn & 0xFFFFFF) || o->sending) return 0;
    unsigned sent = done.res < 0 ? 0 : (unsigned) done.res;
    struct bytes later = o->next;
    o->next = (struct bytes) {0};
    append(&o->next, o->now + sent, o->now_length - sent);
    if (later.length) append(&o->next, later.at, later.length);
    release(&later);
    send_next(u, o, slot);
    return 1;
}

/* A SEND_ALL that ended; false: the connection is broken. */
static int outbox_on_sent(struct uring *u, struct outbox *o, unsigned slot, struct done done) {
    o->sending = 0;
    if (done.res < (int) o->out.length) return 0;
    if (o->next.length) send_next(u, o, slot);
    else release(&o->out);
    return 1;
}

/*
 * At the end of a turn: what was deferred in the turn before (the first `count`) may go, for by
 * now its SEND_NOW has had its say.
 */
static void outbox_undefer(struct uring *u, struct outbox *o, unsigned slot) {
    o->deferred = 0;
    if (!o->sending && o->next.length) send_next(u, o, slot);
}

static inline void deferred_drop(struct deferred *d, unsigned count) {
    d->count -= count;
    memmove(d->slots, d->slots + count, d->count * sizeof *d->slots);
}

static inline void outbox_release(struct outbox *o) {
    release(&o->out);
    release(&o->next);
}

#endif
