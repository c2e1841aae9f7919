package io.kvcache.bench.tinyllama;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Random weights from a seed, the same on every machine: scaled so that each product has about the
 * variance of its input. Row i of a matrix holds what input i adds to each output.
 */
final class Weights {
  final float[][] embedding;
  final List<Layer> layers;
  final float[] finalNorm;
  final float[][] output;
  private final String sha256;

  /** One decoder layer. */
  record Layer(
      float[] attentionNorm,
      float[][] query,
      float[][] key,
      float[][] value,
      float[][] attentionOut,
      float[] feedNorm,
      float[][] gate,
      float[][] up,
      float[][] down) {}

  Weights(ModelShape shape, long seed) {
    Generator random = new Generator(seed);
    int dim = shape.dim();
    int wide = shape.heads() * shape.headDim();
    embedding = random.matrix(shape.vocab(), dim, 1);
    layers = new ArrayList<>();
    for (int i = 0; i < shape.layers().size(); i++) {
      layers.add(
          new Layer(
              random.norm(dim),
              random.matrix(dim, wide),
              random.matrix(dim, shape.kvDim()),
              random.matrix(dim, shape.kvDim()),
              random.matrix(wide, dim),
              random.norm(dim),
              random.matrix(dim, shape.hidden()),
              random.matrix(dim, shape.hidden()),
              random.matrix(shape.hidden(), dim)));
    }
    finalNorm = random.norm(dim);
    output = random.matrix(dim, shape.vocab());
    sha256 = random.sha256();
  }

  /** SHA-256 over all weights in the order in which they were drawn, little-endian. */
  String sha256() {
    return sha256;
  }

  /** Draws weights and hashes them on the way. */
  private static final class Generator {
    private final SplittableRandom random;
    private final MessageDigest digest;

    Generator(long seed) {
      random = new SplittableRandom(seed);
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError("every Java platform has SHA-256", e);
      }
    }

    float[][] matrix(int inputs, int outputs) {
      return matrix(inputs, outputs, inputs);
    }

    /** A matrix whose entries have variance {@code 1 / summed}. */
    float[][] matrix(int rows, int columns, int summed) {
      float[][] matrix = new float[rows][];
      for (int r = 0; r < rows; r++) {
        // Uniform in +-s has variance s * s / 3.
        matrix[r] = draw(columns, 0f, (float) Math.sqrt(3.0 / summed));
      }
      return matrix;
    }

    float[] norm(int size) {
      return draw(size, 1f, 0.1f);
    }

    private float[] draw(int size, float centre, float spread) {
      float[] values = new float[size];
      for (int i = 0; i < size; i++) {
        // nextInt, since nextFloat may be derived from it in another way in another Java version.
        values[i] = centre + (random.nextInt() >> 8) * 0x1p-23f * spread;
      }
      ByteBuffer bytes = ByteBuffer.allocate(size * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      digest.update(bytes);
      return values;
    }

    String sha256() {
      return HexFormat.of().formatHex(digest.digest());
    }
  }
}
