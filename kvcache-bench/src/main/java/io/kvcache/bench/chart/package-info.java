/** Charts of what was measured, as SVG that is readable on light and dark pages. */
package io.kvcache.bench.chart;
