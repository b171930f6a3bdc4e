/** What the Netty peer has of its own on Netty 4.1. */
package io.mooring.bench.incubator;
