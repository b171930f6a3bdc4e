/*
 * A single-threaded io_uring by raw system calls: set-up, submission, completion, buffer ring.
 * Needs kernel 6.1 (DEFER_TASKRUN); no liburing.
 */
#ifndef MOORING_BENCH_URING_H
#define MOORING_BENCH_URING_H

#include "common.h"
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct uring {
    int fd;
    unsigned *sq_head, *sq_tail, *sq_flags, sq_mask, sq_entries;
    unsigned sq_local;                  /* our tail, published by enter */
    struct io_uring_sqe *sqes;
    unsigned *cq_head, *cq_tail, cq_mask;
    struct io_uring_cqe *cqes;
};

/* A completion, copied out of the ring. */
struct done {
    uint64_t data;
    int res;
    unsigned flags;
};

/* Buffers of one size that the kernel picks from; tail is ours until buffers_publish. */
struct buffers {
    struct io_uring_buf_ring *ring;
    char *memory;
    unsigned count, size;
    uint16_t tail;
};

static inline int sys_register(struct uring *u, unsigned op, void *arg, unsigned n) {
    return (int) syscall(SYS_io_uring_register, u->fd, op, arg, n);
}

static inline void uring_open(struct uring *u, unsigned sq_entries, unsigned cq_entries) {
    struct io_uring_params p = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE
               | IORING_SETUP_CLAMP,
        .cq_entries = cq_entries,
    };
    u->fd = (int) syscall(SYS_io_uring_setup, sq_entries, &p);
    if (u->fd < 0)
        die("io_uring_setup: %s (kernel 6.1 or newer, kernel.io_uring_disabled=0)",
            strerror(errno));
    size_t sq_bytes = p.sq_off.array + p.sq_entries * sizeof(unsigned);
    size_t cq_bytes = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    size_t bytes = sq_bytes > cq_bytes ? sq_bytes : cq_bytes;
    char *rings = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, u->fd,
                       IORING_OFF_SQ_RING);
    u->sqes = mmap(0, p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_POPULATE, u->fd, IORING_OFF_SQES);
    if (rings == MAP_FAILED || u->sqes == MAP_FAILED) die("mmap rings: %s", strerror(errno));
    u->sq_head = (unsigned *) (rings + p.sq_off.head);
    u->sq_tail = (unsigned *) (rings + p.sq_off.tail);
    u->sq_flags = (unsigned *) (rings + p.sq_off.flags);
    u->sq_mask = *(unsigned *) (rings + p.sq_off.ring_mask);
    u->sq_entries = p.sq_entries;
    u->sq_local = *u->sq_tail;
    unsigned *array = (unsigned *) (rings + p.sq_off.array);
    for (unsigned i = 0; i < p.sq_entries; i++) array[i] = i;
    u->cq_head = (unsigned *) (rings + p.cq_off.head);
    u->cq_tail = (unsigned *) (rings + p.cq_off.tail);
    u->cq_mask = *(unsigned *) (rings + p.cq_off.ring_mask);
    u->cqes = (struct io_uring_cqe *) (rings + p.cq_off.cqes);
}

static inline unsigned uring_queued(struct uring *u) {
    return u->sq_local - __atomic_load_n(u->sq_head, __ATOMIC_ACQUIRE);
}

/* Submits all that is queued and waits for `wait` completions, at most `timeout_ns` (< 0: any). */
static inline void uring_enter(struct uring *u, unsigned wait, int64_t timeout_ns) {
    __atomic_store_n(u->sq_tail, u->sq_local, __ATOMIC_RELEASE);
    struct __kernel_timespec ts = {timeout_ns / 1000000000, timeout_ns % 1000000000};
    struct io_uring_getevents_arg arg = {.ts = (uint64_t) (uintptr_t) &ts};
    unsigned flags = IORING_ENTER_GETEVENTS;
    void *extra = NULL;
    size_t extra_bytes = 0;
    if (wait && timeout_ns >= 0) {
        flags |= IORING_ENTER_EXT_ARG;
        extra = &arg;
        extra_bytes = sizeof arg;
    }
    long n = syscall(SYS_io_uring_enter, u->fd, uring_queued(u), wait, flags, extra, extra_bytes);
    if (n < 0 && errno != EINTR && errno != ETIME && errno != EBUSY && errno != EAGAIN)
        die("io_uring_enter: %s", strerror(errno));
}

/* The next free entry, zeroed; a full queue is submitted first. */
static inline struct io_uring_sqe *uring_sqe(struct uring *u) {
    while (uring_queued(u) == u->sq_entries) uring_enter(u, 0, -1);
    struct io_uring_sqe *sqe = &u->sqes[u->sq_local++ & u->sq_mask];
    memset(sqe, 0, sizeof *sqe);
    return sqe;
}

static inline unsigned uring_ready(struct uring *u) {
    return __atomic_load_n(u->cq_tail, __ATOMIC_ACQUIRE) - *u->cq_head;
}

static inline struct done uring_next(struct uring *u) {
    unsigned head = *u->cq_head;
    struct io_uring_cqe *cqe = &u->cqes[head & u->cq_mask];
    struct done done = {cqe->user_data, cqe->res, cqe->flags};
    __atomic_store_n(u->cq_head, head + 1, __ATOMIC_RELEASE);
    return done;
}

static inline char *buffer_at(struct buffers *b, unsigned id) {
    return b->memory + (size_t) id * b->size;
}

static inline void buffer_give(struct buffers *b, unsigned id) {
    struct io_uring_buf *slot = &b->ring->bufs[b->tail++ & (b->count - 1)];
    slot->addr = (uint64_t) (uintptr_t) buffer_at(b, id);
    slot->len = b->size;
    slot->bid = (uint16_t) id;
}

static inline void buffers_publish(struct buffers *b) {
    __atomic_store_n(&b->ring->tail, b->tail, __ATOMIC_RELEASE);
}

/* `count` is a power of two up to 32768; group 0. */
static inline void buffers_open(struct buffers *b, struct uring *u, unsigned count, unsigned size) {
    b->count = count;
    b->size = size;
    b->tail = 0;
    b->ring = mmap(0, count * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    b->memory = mmap(0, (size_t) count * size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b->ring == MAP_FAILED || b->memory == MAP_FAILED) die("mmap: %s", strerror(errno));
    struct io_uring_buf_reg reg = {.ring_addr = (uint64_t) (uintptr_t) b->ring,
                                   .ring_entries = count};
    if (sys_register(u, IORING_REGISTER_PBUF_RING, &reg, 1) < 0)
        die("register buffer ring: %s", strerror(errno));
    for (unsigned i = 0; i < count; i++) buffer_give(b, i);
    buffers_publish(b);
}

static inline void prep_recv_multishot(struct io_uring_sqe *sqe, unsigned slot, uint64_t data) {
    sqe->opcode = IORING_OP_RECV;
    sqe->fd = (int) slot;
    sqe->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->ioprio = IORING_RECV_MULTISHOT;
    sqe->user_data = data;
}

/* Each connection that comes takes a free slot by itself; its completions carry `data`. */
static inline void arm_accept(struct uring *u, int listener, uint64_t data) {
    struct io_uring_sqe *sqe = uring_sqe(u);
    sqe->opcode = IORING_OP_ACCEPT;
    sqe->fd = listener;
    sqe->ioprio = IORING_ACCEPT_MULTISHOT;
    sqe->file_index = IORING_FILE_INDEX_ALLOC;
    sqe->user_data = data;
}

/* The slot that came, or -1 where the table was full; accepts on. */
static inline int accepted(struct uring *u, int listener, struct done done) {
    if (done.res < 0 && done.res != -ENFILE) die("accept: %s", strerror(-done.res));
    if (!(done.flags & IORING_CQE_F_MORE)) arm_accept(u, listener, done.data);
    return done.res < 0 ? -1 : done.res;
}

#endif
