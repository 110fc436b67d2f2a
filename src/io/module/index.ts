export type {
  CopySink,
  FillSource,
  FrameSource,
  FrameToFill,
  KeptFrame,
  ModuleContext,
  ModuleFrame,
  SinkDefinition,
  SinkExport,
  SourceDefinition,
  SourceExport,
  SourceLayout,
  ViewedFrame,
  ViewSink,
  YieldedFrame,
  YieldedFrames,
} from "./contract.ts";
export { defineSink, defineSource } from "./contract.ts";
export { provideModuleLibrary } from "./load.ts";
