package io.mooring.kernel.tune;

/**
 * What values that follow from a machine follow from.
 *
 * @param memoryBytes MemTotal of /proc/meminfo, which is less than what is soldered on
 * @param pageBytes a page of the running kernel
 */
record Ram(long memoryBytes, long pageBytes) {
}
