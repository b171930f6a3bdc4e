package io.mooring.kernel.plan;

/**
 * What is asked.
 *
 * @param connections  0: as many as fit
 * @param messageBytes payload of one message
 * @param rate         messages a second to all of them; 0: none asked for
 * @param cpuFactor    how many times as long the target's core takes as the measured one's
 */
record Ask(long connections, boolean isEpoll, int messageBytes, double rate, double cpuFactor) {

    String engine() {
        return isEpoll ? "epoll" : "io_uring";
    }
}
