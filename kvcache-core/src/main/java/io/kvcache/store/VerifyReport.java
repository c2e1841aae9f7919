package io.kvcache.store;

/**
 * What a verification found.
 *
 * @param checked images that were read and verified to the last byte
 * @param checkedBytes bytes of those
 * @param corrupt images, and config.json files, that are proven wrong
 * @param removed corrupt images that were removed
 * @param foreign entries that are not ours, images of a later format included
 * @param unknownVersion images of a later format
 * @param temporaries files that are being written, or that dead owners left: not looked into
 * @param gone images that others removed before their turn came
 * @param failed directories that could not be listed, files that could not be read or removed
 * @param complete false if it was cut short, since the store was closed
 */
public record VerifyReport(
    long checked,
    long checkedBytes,
    long corrupt,
    long removed,
    long foreign,
    long unknownVersion,
    long temporaries,
    long gone,
    long failed,
    boolean complete) {}
