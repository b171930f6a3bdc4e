package io.mooring.kernel.doctor;

import io.mooring.epoll.EngineChoice;

/**
 * What the server is to do.
 *
 * @param connections at once
 * @param engine      as {@code serve --engine} will be told
 * @param zeroCopy    whether it will be given {@code --zero-copy-from}
 */
record Wanted(int connections, EngineChoice engine, boolean zeroCopy) {
}
