/* A stretch of bytes that grows. */
#ifndef MOORING_BENCH_BYTES_H
#define MOORING_BENCH_BYTES_H

#include "common.h"

struct bytes {
    char *at;
    unsigned length, capacity;
};

static void append(struct bytes *b, const char *bytes, unsigned length) {
    if (b->length + length > b->capacity) {
        b->capacity = (b->length + length) * 2;
        b->at = realloc(b->at, b->capacity);
        if (!b->at) die("no memory");
    }
    memcpy(b->at + b->length, bytes, length);
    b->length += length;
}

static inline void release(struct bytes *b) {
    free(b->at);
    *b = (struct bytes) {0};
}

#endif
