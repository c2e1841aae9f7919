package io.kvcache.lustre.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the manifest of a program's jar carries. */
public abstract class JarVersion implements IVersionProvider {
  private final String program;
  private final Class<?> main;

  /**
   * @param program its name
   * @param main a class of its jar
   */
  protected JarVersion(String program, Class<?> main) {
    this.program = program;
    this.main = main;
  }

  @Override
  public final String[] getVersion() {
    String version = main.getPackage().getImplementationVersion();
    return new String[] {program + " " + (version == null ? "(not from a jar)" : version)};
  }
}
