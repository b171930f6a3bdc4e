/**
 * Engines x scenarios in one run: who is measured when ({@link io.mooring.bench.matrix.Matrix},
 * read it first), whether they may be compared ({@link io.mooring.bench.matrix.Bench}), and what is
 * said of it: table, JSON, percentile files, a page.
 */
package io.mooring.bench.matrix;
