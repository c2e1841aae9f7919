package io.kvcache.bench.tco;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TcoModelTest {
  private static final double TIB = 1L << 40;

  private final TcoModel model = new TcoModel(Prices.shipped());
  @TempDir private Path folder;

  @Test
  void aCacheOfAHundredTerabytesOfDramCostsAboutSevenHundredAndEightyThousandDollars() {
    double dollars = model.dramCapital(100e12);
    System.out.println("100 TB of DRAM: $" + dollars);
    assertEquals(782_000, dollars, "782 whole modules");
    assertEquals(780_000, dollars, 0.005 * 780_000);
  }

  @Test
  void aFilesystemThatIsBoughtIsCheaperThanDramOfTheSameSize() {
    assertTrue(model.ownedFilesystemCapital(100e12) < model.dramCapital(100e12) / 10);
    assertTrue(
        model.ownedFilesystem(100e12).dollarsPerHour() < model.dram(100e12).dollarsPerHour() / 10);
  }

  @Test
  void aFilesystemCostsItsSizeAtItsTiersPriceAndItsBandwidthComesWithIt() {
    assertEquals(18 * 1024 * 0.6 / 730, model.filesystem(1000, 18 * TIB).dollarsPerHour(), 1e-9);
    assertEquals(18e9, model.prices().tier(1000).bandwidth(18 * TIB), 1);
  }

  @Test
  void seventyThreeMachinesWithAFilesystemReplaceThoseThatThreeQuartersMoreThroughputSaves() {
    Comparison comparison = PublishedSaving.shipped().at(model);
    System.out.printf(
        "1M tokens/s: $%.4f against $%.4f per 1M tokens, %.1f %% less, %.1f %% fewer accelerators%n",
        comparison.after().dollarsPerMillionTokens(comparison.afterTokensPerSecond()),
        comparison.before().dollarsPerMillionTokens(comparison.beforeTokensPerSecond()),
        100 * comparison.saving(),
        100 * comparison.acceleratorSaving());
    assertEquals(1 - 1 / 1.75, comparison.acceleratorSaving(), 1e-9);
    assertTrue(comparison.saving() > 0 && comparison.saving() < comparison.acceleratorSaving());
  }

  @Test
  void aMachineThatIsBoughtIsWrittenOffHourByHourAndDrawsPower() {
    OwnedMachine machine = model.prices().owned("h100-8");
    CostItem two = model.owned("h100-8", 2);
    double hours = 8760 * model.prices().amortisationYears().value();
    double power = 10.2 * model.prices().powerOverhead().value() * 0.1;
    assertEquals(2 * (machine.capital() / hours + power), two.dollarsPerHour(), 1e-9);
    assertEquals(16, two.accelerators());
    assertTrue(two.basis().contains("assumption"), two.basis());
  }

  @Test
  void aMillionTokensCostWhatTheirSecondsCost() {
    Bill bill = Bill.of(new CostItem("anything", 36, 8, "given"));
    assertEquals(1, bill.dollarsPerMillionTokens(10_000), 1e-12);
    assertRefused(
        "throughput of 0.0 tokens/s: a finite number above 0",
        () -> bill.dollarsPerMillionTokens(0));
  }

  @Test
  void everyPriceSaysWhereItIsFromAndWhenAndWhetherItIsAssumed() {
    assertEquals(
        "$0.145 per GiB-month (Google Cloud Managed Lustre list price, us-central1, SKU"
            + " 517C-E77D-C11A, 2026-11-29)",
        model.prices().tier(125).price().toString());
    assertTrue(model.prices().tier(1000).price().toString().contains("(assumption: "));
  }

  @Test
  void refusesNegativePricesAndPricesWithoutSourceOrDate() {
    assertRefused(
        "price of -1.0 dollars per hour: a finite number, 0 or more",
        () -> new Price(-1, "hour", "somebody", "2026-01-01", false));
    assertRefused("and its source", () -> new Price(1, "hour", " ", "2026-01-01", false));
    assertRefused(
        "has date last year: yyyy-mm-dd", () -> new Price(1, "hour", "me", "last year", false));
  }

  @Test
  void refusesWhatItHasNoPriceForAndNamesWhatItHas() {
    assertRefused("one of a3-ultragpu-8g, a3-megagpu-8g", () -> model.rented("tpu", 1));
    assertRefused("one of h100-8, h200-8", () -> model.owned("tpu", 1));
    assertRefused("one of 125, 250, 500, 1000", () -> model.filesystem(2000, TIB));
    assertRefused("-1.0 machines", () -> model.rented("a3-ultragpu-8g", -1));
    assertRefused("-1.0 bytes", () -> model.dram(-1));
  }

  @Test
  void aFileOfTheSameFormReplacesThePricesAndAnErrorInItNamesItsLine() throws IOException {
    String text = shippedText();
    Path file = folder.resolve("prices.json");
    Files.writeString(file, text.replace("\"dollars\": 1000,", "\"dollars\": 2000,"));
    assertEquals(1_564_000, new TcoModel(Prices.read(file)).dramCapital(100e12));
    Files.writeString(file, text.replace("\"dollars\": 1000,", "\"dollars\": -1000,"));
    assertRefused(file + ", line ", () -> Prices.read(file));
    assertRefused("price of -1000.0 dollars per module", () -> Prices.read(file));
    Files.writeString(file, text.replace("\"electricity\"", "\"gas\""));
    assertRefused("electricity is missing", () -> Prices.read(file));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"dollars\": 1000, | | dollars is missing",
        "\"dollars\": 1000, | \"dollars\": null, | dollars is missing",
        "\"dollars\": 1000, | \"dollars\": \"1000\", | dollars",
        "\"watts\": 10200, | | watts is missing",
        ",\\s*\"assumption\": false | | assumption is missing",
        "\"accelerators\": 8 | \"accelerators\": 8.5 | accelerators",
        "a3-megagpu-8g | a3-ultragpu-8g | rentedMachines has two of a3-ultragpu-8g",
        "h200-8 | h100-8 | ownedMachines has two of h100-8",
        "\"rentedMachines\": | \"rentedMachines\": [], \"rentedMachines\": | Duplicate field",
      })
  void aPriceThatIsLeftOutOrNamedTwiceIsRefused(String from, String to, String expected)
      throws IOException {
    String text = shippedText();
    String changed = text.replaceFirst(from, to == null ? "" : to);
    assertNotEquals(text, changed);
    Path file = Files.writeString(folder.resolve("prices.json"), changed);
    assertRefused(expected, () -> Prices.read(file));
    assertRefused(file + ", line ", () -> Prices.read(file));
  }

  @Test
  void ofNothingNoShareIsSaved() {
    Bill free = Bill.of(new CostItem("anything", 0, 0, "given"));
    Bill dear = Bill.of(new CostItem("anything", 36, 8, "given"));
    assertRefused("costs nothing", () -> new Comparison(free, 1, dear, 1).saving());
    assertRefused("no accelerators", () -> new Comparison(free, 1, dear, 1).acceleratorSaving());
    assertEquals(1, new Comparison(dear, 1, free, 1).saving());
  }

  private static String shippedText() throws IOException {
    try (InputStream in = Prices.class.getResourceAsStream("prices.json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void assertRefused(String expected, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(expected), message);
    assertEquals(1, message.lines().count(), message);
  }
}
