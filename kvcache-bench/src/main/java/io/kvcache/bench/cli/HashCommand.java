package io.kvcache.bench.cli;

import io.kvcache.ChunkKey;
import io.kvcache.lustre.cli.CommandLineException;
import io.kvcache.lustre.cli.Output;
import io.kvcache.prefix.HashChain;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Hashes a prompt block by block, to compare keys with another engine or a router. */
@Command(
    name = "hash",
    description = "Prints the block hashes of a prompt: vLLM's sha256_cbor chain.")
final class HashCommand implements Callable<Integer> {
  @Mixin private Output output;

  @Option(
      names = "--block-size",
      required = true,
      paramLabel = "N",
      description = "Tokens of a block.")
  private int blockSize;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = HashChain.DEFAULT_SEED,
      description = "What the chain starts from; default ${DEFAULT-VALUE}.")
  private String seed;

  @Option(
      names = "--extras",
      paramLabel = "JSON",
      description =
          "Extra keys: an array with null or an array for each block, of strings, whole numbers,"
              + " arrays and {\"bytes_hex\":..}. Blocks beyond its end have none.")
  private String extras;

  @ArgGroup(multiplicity = "1")
  private Prompt prompt;

  private static final class Prompt {
    @Option(names = "--tokens", paramLabel = "1,2,3", description = "The token ids.")
    private String list;

    @Option(
        names = "--tokens-file",
        paramLabel = "F",
        description = "A file of ids: separated by commas or white space, or a JSON array.")
    private Path file;
  }

  private record Result(String noneHash, List<String> blocks) {}

  @Override
  public Integer call() {
    if (blockSize < 1) {
      throw new CommandLineException(
          "--block-size " + blockSize + ": a block has 1 token at least");
    }
    int[] tokens =
        prompt.file == null
            ? TokenIds.parse("--tokens", prompt.list)
            : TokenIds.read("--tokens-file", prompt.file);
    List<List<?>> extraKeys = extras == null ? List.of() : ExtraKeys.parse("--extras", extras);
    int begun = tokens.length / blockSize + (tokens.length % blockSize == 0 ? 0 : 1);
    if (extraKeys.size() > begun) {
      throw new CommandLineException(
          "--extras has "
              + extraKeys.size()
              + " entries: "
              + tokens.length
              + " tokens begin "
              + begun
              + " blocks, give one entry for each");
    }
    ChunkKey root;
    try {
      root = HashChain.noneHash(seed);
    } catch (IllegalArgumentException e) {
      throw new CommandLineException("--seed: " + e.getMessage(), e);
    }
    Result result = new Result(root.hex(), blocks(root, tokens, extraKeys));
    output.print(
        result,
        text -> {
          text.println("none_hash " + result.noneHash);
          for (int b = 0; b < result.blocks.size(); b++) {
            text.println("block " + b + " " + result.blocks.get(b));
          }
        });
    return 0;
  }

  private List<String> blocks(ChunkKey root, int[] tokens, List<List<?>> extraKeys) {
    HashChain chain = new HashChain(blockSize, root);
    List<String> blocks = new ArrayList<>();
    for (int b = 0; b < tokens.length / blockSize; b++) {
      try {
        chain.add(tokens, b * blockSize, b < extraKeys.size() ? extraKeys.get(b) : null);
      } catch (IllegalArgumentException e) {
        throw new CommandLineException("--extras of block " + b + ": " + e.getMessage(), e);
      }
      blocks.add(chain.last().hex());
    }
    return blocks;
  }
}
