package io.kvcache.bench.replay;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which blocks a request generates: a trace gives their number, not their ids. */
public enum Outputs {
  /** Only input blocks exist. */
  NONE {
    @Override
    public RequestPath[] paths(Trace trace) {
      return trace.requests().stream()
          .map(
              r -> new RequestPath(r.inputTokens(), r.inputTokens(), r.blocks().length, r.blocks()))
          .toArray(RequestPath[]::new);
    }
  },

  /**
   * A request's output fills {@code floor((input + output) / block) - floor(input / block)} blocks.
   * They are those of the first later request that goes on where this one ends: its first unknown
   * block (in no earlier prompt) hangs on this one's last whole input block, and its prompt is at
   * least as long as this one with its output. Without such a request, or without a whole input
   * block to hang on, they are blocks that nobody asks for again: they cost space, as in life.
   */
  INFER {
    @Override
    public RequestPath[] paths(Trace trace) {
      return new Inference(trace).paths();
    }
  };

  /** What each request of a trace asks for and leaves behind, in the order of the trace. */
  public abstract RequestPath[] paths(Trace trace);

  /** The requests that could be the next turn, by the block that they go on from. */
  private static final class Inference {
    private final List<TraceRequest> requests;
    private final int blockTokens;
    private final int[] lastBlock;
    private final Map<Integer, List<Integer>> goingOn = new HashMap<>();
    private int nextId;

    Inference(Trace trace) {
      requests = trace.requests();
      blockTokens = trace.blockTokens();
      nextId = trace.firstUnusedId();
      lastBlock = new int[requests.size()];
      BlockTree known = new BlockTree();
      for (int r = 0; r < lastBlock.length; r++) {
        int block = BlockTree.ROOT;
        boolean goesOn = false;
        for (int id : requests.get(r).blocks()) {
          if (!goesOn && known.find(block, id) < 0) {
            goingOn.computeIfAbsent(block, b -> new ArrayList<>()).add(r);
            goesOn = true;
          }
          block = known.add(block, id);
        }
        lastBlock[r] = block;
      }
    }

    RequestPath[] paths() {
      RequestPath[] paths = new RequestPath[lastBlock.length];
      for (int r = 0; r < paths.length; r++) {
        TraceRequest request = requests.get(r);
        int[] input = request.blocks();
        int[] blocks = Arrays.copyOf(input, request.totalTokens() / blockTokens);
        int next = blocks.length == input.length ? -1 : nextTurn(r);
        for (int b = input.length; b < blocks.length; b++) {
          blocks[b] = next < 0 ? nextId++ : requests.get(next).blocks()[b];
        }
        paths[r] =
            new RequestPath(request.inputTokens(), request.totalTokens(), input.length, blocks);
      }
      return paths;
    }

    private int nextTurn(int r) {
      if (lastBlock[r] == BlockTree.ROOT) {
        return -1;
      }
      for (int later : goingOn.getOrDefault(lastBlock[r], List.of())) {
        if (later > r && requests.get(later).inputTokens() >= requests.get(r).totalTokens()) {
          return later;
        }
      }
      return -1;
    }
  }
}
