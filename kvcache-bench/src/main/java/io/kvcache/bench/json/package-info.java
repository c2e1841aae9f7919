/** Files of constants and scenarios, read strictly into records. */
package io.kvcache.bench.json;
