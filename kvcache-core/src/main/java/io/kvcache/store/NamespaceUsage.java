package io.kvcache.store;

/**
 * What one namespace directory holds: the images of one model, layout and rank.
 *
 * @param name the directory's
 * @param chunks chunks that have an image: the images of the group that has most of them, since a
 *     chunk has one image of each group, and of a full group always
 * @param images images of all groups
 * @param bytes bytes of those, physical
 * @param oldestStampMillis when the one that was longest not used was used last, in milliseconds
 *     since 1970; 0 if there are none
 * @param newestStampMillis when one was used last; 0 if there are none
 */
public record NamespaceUsage(
    String name,
    long chunks,
    long images,
    long bytes,
    long oldestStampMillis,
    long newestStampMillis) {}
