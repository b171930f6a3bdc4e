/** What a storm of broadcasts does to others: {@code mooring bench storm}. */
package io.mooring.bench.storm;
