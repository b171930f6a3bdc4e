/** Pages of one file that need nothing else: text, charts as inline SVG, and their style. */
package io.mooring.bench.html;
