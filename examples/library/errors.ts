// Each operation has a class of errors, and each error a code of a closed set. The message is for people.
import { AttachError, OptionError, TensorPool } from "tensorpool";

await using pool = await TensorPool.connect();
try {
  await pool.addConsumer({ stream: 10_000, attachTimeoutMs: 100 });
} catch (error) {
  if (!(error instanceof AttachError)) throw error;
  console.log(`${error.code}, ${error.retryable ? "worth another try" : "final"}`);
  console.log(error.message);
}

try {
  await pool.addConsumer({ stream: 10_000, standalone: true, decimation: 0 });
} catch (error) {
  if (!(error instanceof OptionError)) throw error;
  console.log(error.message);
}

// Prints:
// not-found, worth another try
// stream 10000: no driver answered within 100 ms; start one (tensorpool driver, or pool.addDriver), or pass standalone to the producer and its consumers
// decimation: expected a whole number from 1 to 65535, found 0
