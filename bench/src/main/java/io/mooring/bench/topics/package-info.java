/** What topics cost by themselves, without sockets: {@code mooring bench topics}. */
package io.mooring.bench.topics;
