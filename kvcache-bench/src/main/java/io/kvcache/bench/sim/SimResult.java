package io.kvcache.bench.sim;

/**
 * What one variant of a scenario gave, over the measured requests; times in seconds.
 *
 * @param requests how many were measured, refused ones not included
 * @param refused requests that would not fit the accelerators' memory
 * @param seconds from the arrival of the first measured one to the end of the last
 * @param ttft from arrival to the first token
 * @param latency from arrival to the last token
 * @param requestsPerSecond measured requests over {@code seconds}
 * @param inputTokensPerSecond tokens of their prompts, reused ones included
 * @param outputTokensPerSecond tokens generated for them
 * @param hitRatio share of the prompts' tokens that were found in whatever tier
 * @param hbmHitRatio found in the accelerators' memory
 * @param dramHitRatio found in host memory behind those
 * @param filesystemHitRatio read from the filesystem
 * @param gpuHours accelerators times {@code seconds}
 * @param busyGpuHours those of them in which accelerators computed
 * @param utilisation share of {@code seconds} in which accelerators computed, mean of the nodes
 * @param bytesRead from the filesystem, in {@code seconds}
 * @param bytesWritten to the filesystem, in {@code seconds}
 * @param peakReadBytesPerSecond the most that all nodes read together, since the beginning
 * @param meanInSystem requests waiting or served, mean over time
 * @param longestQueue the most requests that waited at one node, since the beginning
 */
public record SimResult(
    long requests,
    long refused,
    double seconds,
    Distribution ttft,
    Distribution latency,
    double requestsPerSecond,
    double inputTokensPerSecond,
    double outputTokensPerSecond,
    double hitRatio,
    double hbmHitRatio,
    double dramHitRatio,
    double filesystemHitRatio,
    double gpuHours,
    double busyGpuHours,
    double utilisation,
    double bytesRead,
    double bytesWritten,
    double peakReadBytesPerSecond,
    double meanInSystem,
    int longestQueue) {}
