// Loaded when a runtime other than Bun imports the package. The names must be exported: the import of a missing name
// fails before this file runs, with another message. test/setup/package.test.ts compares them with src/index.ts.
/** @type {never} */
const missing = /** @type {never} */ (undefined);

export {
  missing as AttachError,
  missing as ConnectError,
  missing as ConsumerError,
  missing as contiguousLayout,
  missing as DriverError,
  missing as DTYPE_NAMES,
  missing as describeDeployment,
  missing as defineSink,
  missing as defineSource,
  missing as encodePng,
  missing as LOSS_CAUSES,
  missing as NotFoundError,
  missing as ProducerError,
  missing as RegionCreateError,
  missing as RegionError,
  missing as SinkError,
  missing as SourceError,
  missing as TensorPool,
  missing as TensorPoolError,
  missing as textAttribute,
  missing as totalLost,
  missing as UsageError,
  missing as attributeText,
  missing as OptionError,
  missing as openRecording,
  missing as RecorderError,
  missing as processNs,
  missing as RecordingError,
};

throw new Error("tensorpool is a library for Bun (https://bun.com): run this program with `bun` instead of Node.js");
