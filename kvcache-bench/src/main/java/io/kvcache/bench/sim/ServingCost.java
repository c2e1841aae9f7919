package io.kvcache.bench.sim;

import io.kvcache.bench.model.DecodeTime;
import io.kvcache.bench.model.PrefillTime;

/**
 * What a model costs on the accelerators of one node.
 *
 * @param prefill seconds of a prefill
 * @param decode seconds of a decode step
 * @param kvBytesPerToken keys and values of a token, over all accelerators of the node
 * @param kvSpaceBytes high-bandwidth memory of the node that the model leaves for keys and values,
 *     counted as stored bytes; infinite if that is no limit
 * @param hostBytesPerSecond between host memory and the accelerators, counted as stored bytes;
 *     infinite for no limit
 * @param basis where the figures come from, for people
 */
public record ServingCost(
    PrefillTime prefill,
    DecodeTime decode,
    double kvBytesPerToken,
    double kvSpaceBytes,
    double hostBytesPerSecond,
    String basis) {}
