package io.kvcache.tier;

import java.nio.ByteBuffer;

/**
 * An aligned piece of tier memory that holds one image of one group, byte for byte as on disk.
 *
 * @param group the group whose images fit
 * @param number small and dense within the group
 * @param bytes direct, little-endian, position 0, exactly one image long; null in a tier without
 *     bytes
 */
public record Slot(int group, int number, ByteBuffer bytes) {}
