/*
 * The server's half of the WebSocket handshake: SHA-1 (FIPS 180-4), base64, and the 101 answer
 * of RFC 6455 section 4.2.2. The key is at most 64 bytes, so that two SHA-1 blocks are enough.
 */
#ifndef MOORING_BENCH_WS_ACCEPT_H
#define MOORING_BENCH_WS_ACCEPT_H

#include "common.h"

#define WS_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static inline uint32_t rotl(uint32_t x, int n) {
    return x << n | x >> (32 - n);
}

static void sha1_block(uint32_t h[5], const uint8_t *block) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t) block[4 * i] << 24 | (uint32_t) block[4 * i + 1] << 16
             | (uint32_t) block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 80; i++) w[i] = rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
        uint32_t f, k;
        if (i < 20) f = (b & c) | (~b & d), k = 0x5A827999;
        else if (i < 40) f = b ^ c ^ d, k = 0x6ED9EBA1;
        else if (i < 60) f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
        else f = b ^ c ^ d, k = 0xCA62C1D6;
        uint32_t t = rotl(a, 5) + f + e + k + w[i];
        e = d, d = c, c = rotl(b, 30), b = a, a = t;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

static void sha1(const char *text, size_t length, uint8_t digest[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t padded[128] = {0};
    size_t bytes = length + 9 <= 64 ? 64 : 128;
    memcpy(padded, text, length);
    padded[length] = 0x80;
    for (int i = 0; i < 4; i++) padded[bytes - 1 - i] = (uint8_t)(length * 8 >> 8 * i);
    for (size_t at = 0; at < bytes; at += 64) sha1_block(h, padded + at);
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const uint8_t *bytes, int length, char *out) {
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < length; i += 3) {
        uint32_t v = (uint32_t) bytes[i] << 16;
        if (i + 1 < length) v |= (uint32_t) bytes[i + 1] << 8;
        if (i + 2 < length) v |= bytes[i + 2];
        *out++ = alphabet[v >> 18];
        *out++ = alphabet[v >> 12 & 63];
        *out++ = i + 1 < length ? alphabet[v >> 6 & 63] : '=';
        *out++ = i + 2 < length ? alphabet[v & 63] : '=';
    }
    *out = 0;
}

/* The answer to a whole, NUL-terminated request in `answer` (256 bytes), its length, or 0. */
static int ws_answer(const char *request, char *answer) {
    const char *key = strcasestr(request, "\r\nSec-WebSocket-Key:");
    if (!key) return 0;
    key += sizeof "\r\nSec-WebSocket-Key:" - 1;
    while (*key == ' ') key++;
    size_t length = strcspn(key, " \r\n");
    if (length == 0 || length > 64) return 0;
    char joined[128], accept[32];
    uint8_t digest[20];
    memcpy(joined, key, length);
    memcpy(joined + length, WS_GUID, sizeof WS_GUID - 1);
    sha1(joined, length + sizeof WS_GUID - 1, digest);
    base64(digest, 20, accept);
    return snprintf(answer, 256,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
}

#endif
