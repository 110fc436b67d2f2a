/**
 * tensorpool as a library: N-dimensional frames between processes of one host through shared memory. Start with `TensorPool.connect`;
 * `examples/` has a producer and a consumer.
 */
export type { ReceiverLedger, SenderLedger } from "./bridge/ledger.ts";
export type { Agent } from "./core/agent.ts";
export { processNs } from "./core/clock.ts";
export { NotFoundError, OptionError, TensorPoolError, UsageError } from "./core/errors.ts";
export {
  type CopySink,
  defineSink,
  defineSource,
  encodePng,
  type FillSource,
  type FrameSource,
  type FrameToFill,
  type KeptFrame,
  type ModuleContext,
  type ModuleFrame,
  type PictureFrame,
  type PngOptions,
  type SinkDefinition,
  SinkError,
  type SinkExport,
  type SourceDefinition,
  SourceError,
  type SourceExport,
  type SourceLayout,
  type ValueRange,
  type ViewedFrame,
  type ViewSink,
  type YieldedFrame,
  type YieldedFrames,
} from "./io/index.ts";
export type { BridgedStream, BridgeReceiver, BridgeSender, Decimator } from "./library/bridge-handles.ts";
export type {
  AddBridgeReceiverOptions,
  AddBridgeSenderOptions,
  AddDecimatorOptions,
} from "./library/bridge-options.ts";
export type { ConnectOptions, Drive } from "./library/connect-options.ts";
export { type DescribeDeploymentOptions, describeDeployment } from "./library/describe-deployment.ts";
export type { AddDriverOptions, StreamLayoutOptions } from "./library/driver-setup.ts";
export type { CollectorOptions } from "./library/frame-collector.ts";
export type {
  Consumer,
  ConsumerCounterName,
  Driver,
  DriverCounterName,
  Frame,
  FrameHandler,
  PollOptions,
  Producer,
  ProducerCounterName,
  ReadFailure,
  ReadResult,
  RoleCounters,
  Slot,
} from "./library/handles.ts";
export {
  type FrameRange,
  type LedgerRow,
  openRecording,
  type RecordedFrame,
  type RecordedStream,
  type Recording,
  type RecordingMetadata,
} from "./library/open-recording.ts";
export type { OwnedFrame } from "./library/owned-frame.ts";
export type { AddRecorderOptions, Recorder, RecorderState, RecorderStream } from "./library/recorder-handle.ts";
export type { AddConsumerOptions, AddProducerOptions } from "./library/role-options.ts";
export { ConnectError, TensorPool } from "./library/tensor-pool.ts";
export type { CounterValues } from "./observe/deployment.ts";
export type {
  DeploymentView,
  DriverView,
  LeaseView,
  LifeState,
  RoleView,
  StreamView,
} from "./observe/deployment-view.ts";
export { type Attribute, attributeText, type Flow, textAttribute } from "./protocol/attribute.ts";
export { DTYPE_NAMES, type Dtype, type MajorOrder } from "./protocol/dtype.ts";
export type { FrameLayout, FrameShape } from "./protocol/frame-layout.ts";
export { contiguousLayout } from "./protocol/frame-layout.ts";
export type { ConsumerMode } from "./protocol/mode-filter.ts";
export type { RegionPlace, SlotPlace } from "./protocol/slot-place.ts";
export type { AeronStreams } from "./protocol/stream-ids.ts";
export type { Values } from "./protocol/values.ts";
export { RecorderError } from "./recorder/recorder-error.ts";
export { RecordingError } from "./recording/recording-error.ts";
export { LOSS_CAUSES, type LossCause, totalLost } from "./roles/counters.ts";
export { DriverError } from "./roles/driver/driver-errors.ts";
export { AttachError, ConsumerError, ProducerError } from "./roles/errors.ts";
export type { ConsumerConfig } from "./roles/producer-messages.ts";
export type { ClaimRefusal, OfferResult } from "./roles/producer-options.ts";
export { RegionCreateError, RegionError } from "./shm/errors.ts";
export type { BridgeView } from "./supervision/model/bridge-state.ts";
