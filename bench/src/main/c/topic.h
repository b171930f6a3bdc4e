/*
 * What the two broadcasting loops in C share: every WebSocket is a member of one topic, whatever
 * its path, and what a member sends goes to all the others. Here: who the members are, what they
 * say, and the frame that is made of it. How it is sent is each loop's own.
 */
#ifndef MOORING_BENCH_TOPIC_H
#define MOORING_BENCH_TOPIC_H

#include "bytes.h"
#include "ws_accept.h"

#define REQUEST_MAX 8192u
#define FRAME_MAX (1u << 20)
#define HEADER_MAX 10u

/* Ids (descriptors or slots) of members, without gaps. */
struct members {
    unsigned *ids, *places, count;
};

/* What came of one connection and is not read yet. */
struct input {
    struct bytes in;
    unsigned read;
    uint8_t upgraded;
};

/* NONE: nothing whole has come. BAD: the peer broke a rule. */
enum said { NONE, REQUEST, MESSAGE, CLOSE_FRAME, BAD };

/* Of a REQUEST the answer; of a MESSAGE or CLOSE_FRAME the frame to send. */
struct out {
    char bytes[HEADER_MAX + FRAME_MAX];
    unsigned length;
};

static void members_open(struct members *m, unsigned ids) {
    m->ids = calloc(ids, sizeof *m->ids);
    m->places = calloc(ids, sizeof *m->places);
    if (!m->ids || !m->places) die("no memory");
}

static void members_add(struct members *m, unsigned id) {
    m->places[id] = m->count;
    m->ids[m->count++] = id;
}

static void members_remove(struct members *m, unsigned id) {
    unsigned last = m->ids[--m->count];
    m->ids[m->places[id]] = last;
    m->places[last] = m->places[id];
}

/* An unmasked, final frame. */
static void make_frame(struct out *out, unsigned opcode, const char *payload, unsigned length,
                       const char *key) {
    uint8_t *to = (uint8_t *) out->bytes;
    unsigned header = length < 126 ? 2 : length < 65536 ? 4 : 10;
    to[0] = (uint8_t) (0x80 | opcode);
    to[1] = (uint8_t) (header == 2 ? length : header == 4 ? 126 : 127);
    for (unsigned i = 2; i < header; i++)
        to[i] = (uint8_t) ((uint64_t) length >> 8 * (header - 1 - i));
    for (unsigned i = 0; i < length; i++)
        to[header + i] = (uint8_t) (payload[i] ^ key[i & 3]);
    out->length = header + length;
}

static enum said next_request(struct input *input, struct out *out) {
    append(&input->in, "", 1);
    input->in.length--;
    char *end = strstr(input->in.at, "\r\n\r\n");
    if (!end) return input->in.length < REQUEST_MAX ? NONE : BAD;
    out->length = (unsigned) ws_answer(input->in.at, out->bytes);
    if (!out->length) return BAD;
    input->read = (unsigned) (end + 4 - input->in.at);
    input->upgraded = 1;
    return REQUEST;
}

static enum said next_frame(struct input *input, struct out *out) {
    const uint8_t *frame = (uint8_t *) input->in.at + input->read;
    unsigned have = input->in.length - input->read;
    if (have < 2) return NONE;
    unsigned length = frame[1] & 127u, opcode = frame[0] & 15u, header = 2;
    if (!(frame[1] & 0x80) || !(frame[0] & 0x80)) return BAD;
    if (length == 126) {
        header = 4;
        if (have < header) return NONE;
        length = (unsigned) frame[2] << 8 | frame[3];
    } else if (length == 127) {
        header = 10;
        if (have < header) return NONE;
        if (frame[2] | frame[3] | frame[4] | frame[5]) return BAD;
        length = (unsigned) frame[6] << 24 | (unsigned) frame[7] << 16
                | (unsigned) frame[8] << 8 | frame[9];
    }
    if (length > FRAME_MAX) return BAD;
    if (have < header + 4 + length) return NONE;
    const char *key = (const char *) frame + header;
    input->read += header + 4 + length;
    if (opcode == 9 || opcode == 10) return next_frame(input, out); /* nobody here needs pongs */
    make_frame(out, opcode, key + 4, length, key);
    return opcode == 8 ? CLOSE_FRAME : MESSAGE;
}

/* The next thing said by what was appended to input->in; to be called until it is NONE or BAD. */
static enum said input_next(struct input *input, struct out *out) {
    enum said said = input->upgraded ? next_frame(input, out) : next_request(input, out);
    if (said != NONE) return said;
    unsigned rest = input->in.length - input->read;
    if (rest) memmove(input->in.at, input->in.at + input->read, rest);
    input->in.length = rest;
    input->read = 0;
    if (!rest) release(&input->in);
    return NONE;
}

#endif
