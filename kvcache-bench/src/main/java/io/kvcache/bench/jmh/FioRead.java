package io.kvcache.bench.jmh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * fio, reading files of its own as the library reads images: each thread one file after the other,
 * each file by one direct pread. Its first run also writes the files, which it does not count.
 */
final class FioRead {
  private final List<String> command;

  /**
   * @param directory made here
   * @param fileBytes bytes of a file, and of a read
   * @param filesPerThread files of each thread
   */
  FioRead(Path directory, long fileBytes, int filesPerThread, int threads) throws IOException {
    Files.createDirectories(directory);
    command =
        List.of(
            "fio",
            "--name=read",
            "--directory=" + directory,
            "--ioengine=psync",
            "--direct=1",
            "--rw=read",
            "--bs=" + fileBytes,
            "--filesize=" + fileBytes,
            "--nrfiles=" + filesPerThread,
            "--openfiles=1",
            "--file_service_type=sequential",
            "--thread",
            "--numjobs=" + threads,
            "--group_reporting",
            "--output-format=json");
  }

  /** Runs it once; MB/s, 10^6 bytes. */
  double read() throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException(this + " failed: " + output);
    }
    // Notes about the files that it lays out come before the JSON.
    JsonNode result = new ObjectMapper().readTree(output.substring(output.indexOf('{')));
    return result.at("/jobs/0/read/bw_bytes").doubleValue() / 1e6;
  }

  /** The command. */
  @Override
  public String toString() {
    return String.join(" ", command);
  }
}
