package io.mooring.bench.zerocopy;

/** How a frame is sent. */
enum Mode {
    /** SEND that says nothing when all went. */
    SEND,
    /** SEND_ZC from registered memory. */
    ZEROCOPY
}
