export const REPLAY_NOTES = `Positions
  10s, 2m, 500ms        a time from the beginning of the recording
  2026-11-28T12:00:00Z  a date
  #500                  a frame of the stream, by its number

Keys on a terminal
  space                 pause, and continue
  right, left           10 s forward, or back
  n                     the next frame, paused
  q                     end

Several files, or a folder, are parts of one recording, ordered by time. A file that was cut is replayed up to its last
complete frame. Streams of other programs (foxglove.RawImage, sensor_msgs/Image) get ids from 10000 on, unless --stream gives them one.`;

export const EXPORT_NOTES = `Formats
  npy       a folder with a file per frame: np.load
  raw       the values of all frames in a file, without headers; a file per stream
  png       a folder with a picture per frame
  y4m       a video per stream: ffmpeg -i
  kerchunk  a JSON file that zarr opens through fsspec ("reference://"); it refers to the recording
  hdf5      a file that h5py opens; its datasets refer to the recording

The default path is the recording's name in the current folder. Without --force no file is replaced.`;

export const RECORD_NOTES = `Existing recordings
  record info FILE      streams, times, rates, sizes, gaps, and missing frames by the recorder's own account
  record verify FILE    reads every byte and compares checksums, indexes and counts; exits with 1 if something is wrong
  record repair FILE    writes the index of a file that was cut; rewrites no frame`;
