/**
 * A ring without io_uring: submissions are carried out by non-blocking system calls, and what
 * cannot go on waits for an event of an edge-triggered epoll instance; completions are posted to
 * the same memory. Read {@link io.mooring.epoll.EpollRing} first. Imports {@code sys} and {@code
 * ring}; nothing above knows of it but who chooses the engine ({@link
 * io.mooring.epoll.EngineChoice}).
 */
package io.mooring.epoll;
