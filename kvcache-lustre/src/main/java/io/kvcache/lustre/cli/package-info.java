/**
 * The admin command line, in the runnable jar {@code kvcache-lustre-cli.jar}: what a directory is,
 * what it holds, whether that is right, and the evictor. How a command line of kvcache behaves is
 * here too, for the other one ({@code CommandRunner}, {@code Output}); nothing is for an engine.
 */
package io.kvcache.lustre.cli;
