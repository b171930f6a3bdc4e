/**
 * Microbenchmarks of the data path, by JMH: the runtime's own way beside the plain one. Sizes and
 * patterns are those of the path; what a whole server costs is for the other commands to say.
 */
package io.mooring.bench.jmh;
