package io.mooring.memory;

/** Which account is short. */
public enum Cause { MEMORY, CGROUP, TCP_MEMORY }
