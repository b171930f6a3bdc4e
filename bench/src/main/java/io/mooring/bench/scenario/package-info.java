/**
 * What is asked of servers, a class for each question. They are measured by
 * {@link io.mooring.bench.matrix}, which knows nothing of what they do.
 */
package io.mooring.bench.scenario;
