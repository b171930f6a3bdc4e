/*
 * What the two echo loops in C share: the handshake's request, put together where it comes in
 * pieces, and frames that are turned into their echoes where they lie.
 */
#ifndef MOORING_BENCH_ECHO_H
#define MOORING_BENCH_ECHO_H

#include "bytes.h"
#include "ws_accept.h"

#define REQUEST_MAX 8192u
#define ANSWER_MAX 256
#define FRAME_MAX (16u << 20)
/* Echoes of what lies at `bytes` are packed from `bytes + ECHO_AT` on. */
#define ECHO_AT 4

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
 * Turns the whole frames at `bytes` into echoes, in place.
 * Returns the bytes read; *echoed is the length of the echoes; *bad tells a broken or closing peer.
 */
static unsigned echo_frames(char *bytes, unsigned length, unsigned *echoed, int *bad) {
    unsigned at = 0;
    char *out = bytes + ECHO_AT;
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
    *echoed = (unsigned) (out - (bytes + ECHO_AT));
    return at;
}

/* Takes the first `count` bytes away. */
static void drop(struct bytes *in, unsigned count) {
    in->length -= count;
    memmove(in->at, in->at + count, in->length);
}

/*
 * Appends to the request in `in`. Returns 0: more must come; less: a bad one; or the length of the
 * answer, which is in `answer` then, and `in` holds what came after the request.
 */
static int take_request(struct bytes *in, const char *bytes, unsigned length,
                        char answer[ANSWER_MAX]) {
    append(in, bytes, length);
    append(in, "", 1);
    in->length--;
    char *end = strstr(in->at, "\r\n\r\n");
    if (!end) return in->length < REQUEST_MAX ? 0 : -1;
    int n = ws_answer(in->at, answer);
    if (!n) return -1;
    drop(in, (unsigned) (end + 4 - in->at));
    return n;
}

#endif
