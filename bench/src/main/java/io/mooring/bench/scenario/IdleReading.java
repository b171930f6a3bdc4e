package io.mooring.bench.scenario;

import io.mooring.bench.KernelMemory;
import io.mooring.bench.Proc;

/**
 * Memory with a number of idle connections open.
 *
 * @param user of the server's process
 */
record IdleReading(int connections, Proc.Memory user, KernelMemory kernel) {
}
