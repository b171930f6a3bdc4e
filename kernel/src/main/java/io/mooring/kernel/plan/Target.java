package io.mooring.kernel.plan;

import io.mooring.memory.Machine;

/**
 * The machine that is planned for.
 *
 * @param isHere       it is this one, as it is now
 * @param ram          bytes that there are, or that a control group allows
 * @param taken        bytes of it that are not for connections: the kernel, the system, what runs
 * @param pageBytes    of a page
 * @param link         bits a second; 0: not known
 * @param cores        a reactor each
 * @param openFiles    RLIMIT_NOFILE of the server
 * @param tcpPressure  bytes: tcp_mem's second figure
 * @param sendBufferMax bytes: tcp_wmem's third figure
 * @param filesFree    sockets and files that fs.file-max has room for
 * @param accounts     the server runs in a memory cgroup, which keeps eight bytes for each object
 * @param chargesTcp   that is true of accepted sockets too
 * @param limits       the same for the server's own plan
 */
record Target(boolean isHere, Known ram, Known taken, Known pageBytes, KernelVersion kernel,
        Known kernelFrom, Known link, Known cores, Known openFiles, Known tcpPressure,
        Known sendBufferMax, Known filesFree, boolean accounts, boolean chargesTcp,
        KernelSizes sizes, Machine limits) {

    Target with(Calibrated found) {
        return new Target(isHere, ram, taken, pageBytes, kernel, kernelFrom, link, cores,
                openFiles, tcpPressure, sendBufferMax, filesFree, accounts, chargesTcp,
                sizes.with(found), limits);
    }

    int page() {
        return (int) pageBytes.value();
    }

    int reactors() {
        return (int) cores.value();
    }
}
